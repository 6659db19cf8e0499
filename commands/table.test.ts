import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderTable, wrap } from "./table.ts";

function table(
  rows: readonly (readonly string[])[],
  most: readonly number[],
  indent = "",
): readonly string[] {
  return renderTable(
    rows.map((row) => row.map((text) => ({ text }))),
    most,
    indent,
  );
}

describe("a table", () => {
  it("has columns that stand below each other, and nothing behind a line's end", () => {
    expect(
      table(
        [
          ["a", "bb", ""],
          ["aaa", "b", "c"],
        ],
        [9, 9, 9],
        "  ",
      ),
    ).toEqual(["  a    bb", "  aaa  b   c"]);
  });

  it("goes on below in its column where a text is too long", () => {
    expect(
      table(
        [
          ["a", "one two three"],
          ["b", "x"],
        ],
        [1, 8],
      ),
    ).toEqual(["a  one two", "   three", "b  x"]);
  });

  it("colours a text, and no space beside it", () => {
    const paint = (text: string) => `<${text}>`;
    expect(renderTable([[{ text: "a", paint }, { text: "b" }], [{ text: "aa" }]], [9, 9])).toEqual([
      "<a>   b",
      "aa",
    ]);
  });

  it("is never wider than its columns and loses no letter", () => {
    const rows = fc.array(fc.tuple(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, (given) => {
        const lines = table(given, [10, 20]);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(32);
        const letters = (text: string) => [...text.replaceAll(" ", "")].sort().join("");
        expect(letters(lines.join(""))).toBe(letters(given.flat().join("")));
      }),
    );
  });
});

it("breaks a text at its spaces, and a word that is too long where the line ends", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("abcdefgh ij", 3)).toEqual(["abc", "def", "gh", "ij"]);
  expect(wrap("", 3)).toEqual([""]);
});
