import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topicFilterFault } from "./topic-filter.ts";

describe("a topic filter", () => {
  it.each([
    "a",
    "/",
    "a//b",
    "+",
    "#",
    "+/+",
    "a/+/b",
    "a/#",
    "/#",
    "$SYS/#",
    "ä/日本",
    "with space/b",
    "/".repeat(200),
  ])("may be %s", (filter) => {
    expect(topicFilterFault(filter)).toBeUndefined();
  });

  it.each([
    ["", "at least one character"],
    ["a#", "`#` fills"],
    ["a/#/b", "at the end only"],
    ["#/", "at the end only"],
    ["+a", "`+` fills"],
    ["a/b+/c", "`+` fills"],
    ["a\u0000b", "control characters"],
    ["a\nb", "control characters"],
    [" a", "white space"],
    ["a ", "white space"],
    ["\ud800", "well-formed"],
    ["ä".repeat(32_768), "65,535 bytes"],
    ["a\ufdd0", "free of characters"],
    ["/".repeat(201), "at most 200 slashes"],
  ])("may not be %j", (filter, fault) => {
    expect(topicFilterFault(filter)).toContain(fault);
  });

  it("may be any path of plain levels", () => {
    const level = fc.stringMatching(/^[\w-]{0,12}$/);
    fc.assert(
      fc.property(fc.array(level, { minLength: 1 }), (levels) => {
        fc.pre(levels.join("/") !== "");
        expect(topicFilterFault(levels.join("/"))).toBeUndefined();
      }),
    );
  });
});
