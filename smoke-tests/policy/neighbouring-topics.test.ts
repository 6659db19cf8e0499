import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterMatches } from "../../mosquitto/authorization.ts";
import { commonLevels, intersection, neighbouringTopics } from "./neighbouring-topics.ts";

const SCRATCH = "smoke-scratch";

const level = fc.constantFrom("a", "b", "c", "+");
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, "#"] : levels).join("/"));

/** Every topic of up to four levels. */
const levels = ["a", "b", "c", SCRATCH];
const everyTopic = levels.flatMap((one) => [
  one,
  ...levels.flatMap((two) => [
    `${one}/${two}`,
    ...levels.flatMap((three) => [
      `${one}/${two}/${three}`,
      ...levels.map((four) => `${one}/${two}/${three}/${four}`),
    ]),
  ]),
]);

describe("the neighbouringTopics of a filter", () => {
  it.each([
    ["a/b", ["a/b"], ["S/b", "a/S", "a/b/S"]],
    ["a/#", ["a/S/S", "a"], ["S/S"]],
    ["a/+/c", ["a/S/c"], ["S/S/c", "a/S/S", "a/S/c/S"]],
    ["a/+/#", ["a/S/S/S", "a/S"], ["S/S/S"]],
    ["#", ["S/S"], []],
    ["+", ["S"], ["S/S"]],
    ["$app/x", ["$app/x"], ["S/x", "$app/S", "$app/x/S"]],
  ])("of %s", (written, inside, outside) => {
    expect(neighbouringTopics(written, "S")).toEqual({ inside, outside });
  });

  it("has topics that the filter takes in, and others that it does not", () => {
    fc.assert(
      fc.property(filter, (written) => {
        const { inside, outside } = neighbouringTopics(written, SCRATCH);
        expect(inside.filter((topic) => !filterMatches(written, topic))).toEqual([]);
        expect(outside.filter((topic) => filterMatches(written, topic))).toEqual([]);
      }),
    );
  });

  it("tells a filter from every one that is wider in one level", () => {
    fc.assert(
      fc.property(filter, fc.nat(), (written, at) => {
        const parts = written.split("/");
        const index = at % parts.length;
        fc.pre(parts[index] !== "+" && parts[index] !== "#");
        const { outside } = neighbouringTopics(written, SCRATCH);
        const wider = [parts.with(index, "+"), [...parts.slice(0, index), "#"]].map((each) => each.join("/"));
        for (const other of wider) expect(outside.some((topic) => filterMatches(other, topic))).toBe(true);
      }),
    );
  });
});

describe("a intersection of two filters", () => {
  it("is a topic that both take in, and there is one whenever any topic is in both", () => {
    fc.assert(
      fc.property(filter, filter, (one, other) => {
        const topic = intersection(one, other, SCRATCH);
        const both = everyTopic.filter((each) => filterMatches(one, each) && filterMatches(other, each));
        expect(topic !== undefined).toBe(both.length > 0);
        if (topic === undefined) return;
        expect([filterMatches(one, topic), filterMatches(other, topic)]).toEqual([true, true]);
      }),
    );
  });

  it("is none of wildcards with topics that begin with $", () => {
    expect(intersection("#", "$app/a", SCRATCH)).toBeUndefined();
  });
});

describe("commonLevels", () => {
  it("counts the levels that two filters begin with", () => {
    expect(commonLevels("a/b/c", "a/b/d")).toBe(2);
    expect(commonLevels("a/#", "b/#")).toBe(0);
    expect(commonLevels("a/b", "a/b/c")).toBe(2);
  });
});
