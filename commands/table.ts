/** A cell: its text, and how it is coloured. */
export interface Cell {
  readonly text: string;
  /** @default as it is */
  readonly paint?: (text: string) => string;
}

/** Characters of a line, which terminals and pages hold without a break. */
export const LINE = 110;

/**
 * Renders rows whose columns stand below each other, two spaces apart, with nothing behind a line's end.
 *
 * @param most the characters that each column may take; what is longer goes on below, in its column
 */
export function renderTable(
  rows: readonly (readonly Cell[])[],
  most: readonly number[],
  indent = "",
): string[] {
  const widths = most.map((limit, column) =>
    Math.min(limit, Math.max(0, ...rows.map((row) => row[column]?.text.length ?? 0))),
  );
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => ({ ...cell, lines: wrap(cell.text, widths[column] ?? LINE) }));
    const height = Math.max(1, ...cells.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, line) => indent + joinCells(cells, widths, line));
  });
}

function joinCells(
  cells: readonly (Cell & { readonly lines: readonly string[] })[],
  widths: readonly number[],
  line: number,
): string {
  const texts = cells.map(({ lines }) => lines[line] ?? "");
  const last = texts.findLastIndex((text) => text !== "");
  return cells
    .slice(0, last + 1)
    .map(({ paint = (text: string) => text }, column) => {
      const text = texts[column] ?? "";
      return (
        paint(text) + (column === last ? "" : " ".repeat(Math.max(0, (widths[column] ?? 0) - text.length)))
      );
    })
    .join("  ");
}

/** Breaks a text at spaces, and a word that is too long wherever the line ends. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : Math.max(1, width);
    lines.push(rest.slice(0, end));
    rest = rest.slice(space > 0 ? end + 1 : end);
  }
  return [...lines, rest];
}
