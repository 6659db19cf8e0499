import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterMatches } from "./authorization.ts";
import { filterCovers, filtersOverlap, sharedFilter } from "./filter-cover.ts";

const name = fc.constantFrom("", "a", "b", "$a");

/** Few names and few levels, so that filters and topics often meet; `$a` is a plain name behind the first level. */
const topics = fc.array(name, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/"));

const filters = fc
  .tuple(fc.array(fc.oneof(name, fc.constant("+")), { minLength: 0, maxLength: 4 }), fc.boolean())
  .filter(([levels, open]) => levels.length > 0 || open)
  .map(([levels, open]) => (open ? [...levels, "#"] : levels).join("/"))
  .filter((filter) => filter !== "");

const thorough = { numRuns: 5_000 };

/** Topics of a filter; `z` is a name that no filter of these tests has, so it stands for all others. */
function examplesOf(filter: string): readonly string[] {
  const plain = filter.replaceAll("+", "z");
  const all = plain.endsWith("#")
    ? [
        plain.slice(0, -2),
        plain.replace(/#$/, "z"),
        plain.replace(/#$/, "z/z"),
        plain.replace(/#$/, "z/z/z/z/z"),
      ]
    : [plain];
  return all.filter((topic) => filterMatches(filter, topic));
}

describe("what two filters share", () => {
  it("takes in a topic just when both do", () => {
    fc.assert(
      fc.property(filters, filters, topics, (one, other, topic) => {
        const shared = sharedFilter(one, other);
        const both = filterMatches(one, topic) && filterMatches(other, topic);
        expect(shared !== undefined && filterMatches(shared, topic)).toBe(both);
      }),
      thorough,
    );
  });

  it("is never empty where there is such a filter", () => {
    fc.assert(
      fc.property(filters, filters, (one, other) => {
        const shared = sharedFilter(one, other);
        fc.pre(shared !== undefined);
        const examples = examplesOf(shared);
        expect(examples.length).toBeGreaterThan(0);
        for (const topic of examples) {
          expect(filterMatches(one, topic) && filterMatches(other, topic), topic).toBe(true);
        }
      }),
      thorough,
    );
  });

  it("does not depend on which comes first", () => {
    fc.assert(
      fc.property(filters, filters, (one, other) => {
        expect(filtersOverlap(one, other)).toBe(filtersOverlap(other, one));
      }),
      thorough,
    );
  });

  it.each([
    ["a/+", "+/b/#", "a/b"],
    ["a/#", "a", "a"],
    ["#", "+/+", "+/+"],
    ["a/+/c", "a/b", undefined],
    ["#", "$SYS/broker", undefined],
    ["+/broker", "$SYS/broker", undefined],
    ["$SYS/#", "$SYS/+", "$SYS/+"],
  ])("of %s and %s is %s", (one, other, shared) => {
    expect(sharedFilter(one, other)).toBe(shared);
  });
});

describe("a filter that covers another", () => {
  it("takes in each of its topics", () => {
    fc.assert(
      fc.property(filters, filters, topics, (wider, narrower, topic) => {
        fc.pre(filterCovers(wider, narrower));
        expect(!filterMatches(narrower, topic) || filterMatches(wider, topic)).toBe(true);
      }),
      thorough,
    );
  });

  it("is told from one that leaves a topic out", () => {
    fc.assert(
      fc.property(filters, filters, (wider, narrower) => {
        const all = examplesOf(narrower).every((topic) => filterMatches(wider, topic));
        expect(filterCovers(wider, narrower)).toBe(all);
      }),
      thorough,
    );
  });

  it.each([
    ["#", "a/b", true],
    ["+/#", "#", true],
    ["a/+/#", "a/#", false],
    ["a/#", "a", true],
    ["a/+", "a/b", true],
    ["a/b", "a/+", false],
    ["#", "$SYS/#", false],
    ["$SYS/#", "$SYS/broker/+", true],
  ])("%s over %s: %s", (wider, narrower, covers) => {
    expect(filterCovers(wider, narrower)).toBe(covers);
  });
});
