import fc from "fast-check";
import { expect, it } from "vitest";
import { filtersOverlap } from "./filter-cover.ts";
import { FilterIndex } from "./filter-index.ts";

const level = fc.constantFrom("", "a", "b", "$a", "+");

const filters = fc
  .tuple(fc.array(level, { maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, "#"] : levels).join("/"))
  .filter((filter) => filter !== "");

it("finds just those filters that overlap with one", () => {
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 12 }), filters, (all, one) => {
      const expected = [...new Set(all)].filter((other) => filtersOverlap(other, one));
      expect([...new FilterIndex(all).overlapping(one)].sort()).toEqual(expected.sort());
    }),
    { numRuns: 5_000 },
  );
});
