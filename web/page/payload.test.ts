import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editFault, exactText, hexadecimal, preview, readableText } from "./payload.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const BINARY = Uint8Array.of(0x00, 0xff, 0x01, 0x02, 0xfe, 0x80, 0x0a, 0x41);

describe("the exact text of a payload", () => {
  test("is every byte of it, or there is none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), (payload) => {
        const text = exactText(payload);
        if (text !== undefined) expect(bytes(text)).toEqual(payload);
      }),
    );
  });

  test("has its byte order mark, its line ends and its JSON as they were sent", () => {
    for (const text of ["\ufeffmarked", "one\r\ntwo\n", '{"a":1.0,"a":2}', "gr\u00fc\u00dfe \u{1f600}", ""]) {
      expect(exactText(bytes(text))).toBe(text);
    }
  });

  test("is not there for what is no UTF-8, and for control characters", () => {
    expect(exactText(BINARY)).toBeUndefined();
    expect(exactText(bytes("\0"))).toBeUndefined();
    expect(exactText(bytes("gr\u00fc").subarray(0, 3))).toBeUndefined();
  });
});

describe("a payload that can't be edited", () => {
  test("is one that is no text, or whose line ends a form would change", () => {
    expect(editFault(BINARY)).toBe("It can't be edited here: the payload is not UTF-8 text.");
    expect(editFault(bytes("21.5\r\n"))).toContain("line ends");
    for (const text of ["", "one\ntwo", '{"id":12345678901234567890}']) {
      expect(editFault(bytes(text))).toBeUndefined();
    }
  });
});

describe("a payload for reading", () => {
  test("is indented if it is JSON, and as it is if it is text", () => {
    expect(readableText(bytes('{"price":1.0}'))).toBe('{\n  "price": 1.0\n}');
    expect(readableText(bytes("{no JSON"))).toBe("{no JSON");
  });

  test("is a dump if it is no text, which says how much it leaves out", () => {
    expect(readableText(BINARY)).toBe("0000  00 ff 01 02 fe 80 0a 41");
    const lines = readableText(new Uint8Array(5_096).fill(0xfe)).split("\n");
    expect(lines).toHaveLength(257);
    expect(lines.at(-2)).toBe(`0ff0 ${" fe".repeat(16)}`);
    expect(lines.at(-1)).toBe("… 1.0 kB more");
  });

  test("shows controls that would reorder it as marks", () => {
    expect(readableText(bytes("\u202eevil\u202c \u2066x\u2069"))).toBe(
      "<U+202E>evil<U+202C> <U+2066>x<U+2069>",
    );
  });
});

test("the digits of a payload are those of all its bytes", () => {
  expect(hexadecimal(BINARY)).toBe("00ff0102fe800a41");
  expect(hexadecimal(new Uint8Array(9_000).fill(0xfe))).toBe("fe".repeat(9_000));
});

describe("the row of a payload", () => {
  test("says that it is binary, however long it is", () => {
    expect(preview(BINARY)).toBe("(binary, 8 B)");
    expect(preview(new Uint8Array(9_000).fill(0xfe))).toBe("(binary, 9.0 kB)");
    expect(preview(bytes(`${"x".repeat(9_000)}`).with(100, 0))).toBe("(binary, 9.0 kB)");
  });

  test("has the start of a long text, wherever the cut falls", () => {
    for (const lead of ["", "x", "xx", "xxx"]) {
      const text = lead + "\u{1f600}".repeat(100);
      const shown = preview(bytes(text));
      expect(text.startsWith(shown)).toBe(true);
      expect(bytes(shown).length).toBeGreaterThan(236);
    }
  });

  test("is one line, with controls that would reorder it as marks", () => {
    expect(preview(bytes("one\n\ttwo"))).toBe("one two");
    expect(preview(bytes("\u202eevil"))).toBe("<U+202E>evil");
    expect(preview(new Uint8Array())).toBe("(empty)");
  });
});
