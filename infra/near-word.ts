/**
 * The known word that a given one is likely meant for: the only one that is nearest, and no further away than a slip.
 *
 * @returns nothing where none is near, or two are equally
 */
export function nearestWord(given: string, known: readonly string[]): string | undefined {
  const word = given.toLowerCase();
  const most = word.length <= 4 ? 1 : 2;
  const near = known
    .map((each) => ({ each, distance: slips(word, each.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance);
  const [first, second] = near;
  return first === undefined || first.distance === second?.distance ? undefined : first.each;
}

/**
 * Letters that are missing, too many or others, and neighbours that are swapped, each counted once (optimal string
 * alignment).
 */
function slips(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= one.length; row += 1) {
    const here = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      here[column] = Math.min(
        at(rows, row - 1, column) + 1,
        (here[column - 1] ?? 0) + 1,
        at(rows, row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(rows, row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows.push(here);
  }
  return at(rows, one.length, other.length);
}

function at(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? 0;
}
