import { describe, expect, it } from "vitest";
import { Unproved } from "../expectation.ts";
import { LeftOut, Tally } from "./tally.ts";

function filled(every: boolean): Tally {
  const tally = new Tally(every);
  for (const user of ["one", "two", "three"]) {
    const title = { subject: "Policy", listener: "mqtt", version: 5, user, rule: `read ${user}` } as const;
    tally.add({ ...title, name: "it is served" }, () => undefined);
    tally.add({ ...title, name: "it is shared" }, () => "nothing comes");
    tally.add({ ...title, name: "it is sent" }, () => {
      throw user === "two" ? new Unproved("a message", "none") : new LeftOut("no room");
    });
  }
  return tally;
}

describe("a tally", () => {
  it("keeps each check with its user and its rule where every one is wanted", () => {
    const checks = filled(true).checks(() => 0);
    expect(checks).toHaveLength(9);
    expect(checks.every(({ user, count }) => user !== undefined && count === undefined)).toBe(true);
  });

  it("counts checks that differ in user and rule only, but has those that failed whole", () => {
    const checks = filled(false).checks(() => 0);
    expect(checks.map(({ name, outcome, count, user }) => [name, outcome, count, user])).toEqual([
      ["it is sent", "failed", undefined, "two"],
      ["it is served", "proved", 3, undefined],
      ["it is shared", "not applicable", 3, undefined],
      ["it is sent", "not applicable", 2, undefined],
    ]);
  });

  it("lets a mistake in the proof itself through", () => {
    const add = () => new Tally(true).add({ subject: "Policy", name: "it" }, () => JSON.parse("{"));
    expect(add).toThrow(SyntaxError);
  });
});
