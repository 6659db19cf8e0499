/** Whether a dotted version reaches a floor; what follows the third number (`+dfsg1`, `-3`) is ignored. */
export function isAtLeast(version: string, floor: string): boolean {
  const [given, wanted] = [numbersOf(version), numbersOf(floor)];
  for (const [place, number] of wanted.entries()) {
    const other = given[place] ?? 0;
    if (other !== number) return other > number;
  }
  return true;
}

/** The leading numbers of a version, at most three; none if it does not start with one. */
export function numbersOf(version: string): readonly number[] {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version);
  return (match?.slice(1) ?? []).filter((part) => part !== undefined).map(Number);
}
