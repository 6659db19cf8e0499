import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indentedJson } from "./json-text.ts";

describe("JSON that is shown", () => {
  test("keeps every token as it was sent: long numbers, fractions, exponents and members of one name", () => {
    expect(indentedJson('{"id":12345678901234567890,"price":1.0,"big":1e400,"a":1,"a":[-0,{}]}')).toBe(
      [
        "{",
        '  "id": 12345678901234567890,',
        '  "price": 1.0,',
        '  "big": 1e400,',
        '  "a": 1,',
        '  "a": [',
        "    -0,",
        "    {}",
        "  ]",
        "}",
      ].join("\n"),
    );
  });

  test("keeps escapes, and brackets and white space in strings", () => {
    const text = String.raw`["\u00e9 \"{ [ , :\\",  "a  b"]`;
    expect(indentedJson(text)).toBe(`[\n  ${String.raw`"\u00e9 \"{ [ , :\\"`},\n  "a  b"\n]`);
  });

  test("may have a string of millions of escapes", () => {
    const text = JSON.stringify(["\n".repeat(5_000_000)]);
    expect(indentedJson(text)?.length).toBe(text.length + "\n  \n".length);
  });

  test("is laid out as JSON.stringify lays out what it knows how to keep", () => {
    const container = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(container, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const sent = JSON.stringify(value, undefined, space);
        const kept = JSON.parse(sent);
        expect(indentedJson(sent)).toBe(JSON.stringify(kept, undefined, 2));
      }),
    );
  });

  test("is an object or an array, and is whole", () => {
    for (const text of ["1.0", '"text"', "", "{", '{"a":}', "[1,]", "[NaN]", "\ufeff{}"]) {
      expect(indentedJson(text)).toBeUndefined();
    }
  });

  test("is not indented beyond 32 levels, so that a small payload can't fill the memory with spaces", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(indentedJson(nested(32))).toContain(`\n${"  ".repeat(31)}[]`);
    expect(indentedJson(nested(33))).toBeUndefined();
    expect(indentedJson(nested(100_000))).toBeUndefined();
  });
});
