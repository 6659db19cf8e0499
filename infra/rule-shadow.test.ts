import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessRule, accesses } from "../mosquitto/acl.ts";
import { authorize } from "../mosquitto/authorization.ts";
import { shadows } from "./rule-shadow.ts";

function rule(text: string): AccessRule {
  const [access, filter = ""] = text.split(" ");
  return { access: access as AccessRule["access"], filter };
}

function shown(...texts: readonly string[]): readonly string[] {
  return [...shadows(texts.map(rule))].map(
    ([{ access, filter }, { denied, by }]) =>
      `${access} ${filter} ${denied ? "denied by" : "covered by"} ${by.map((one) => `${one.access} ${one.filter}`).join(" and ")}`,
  );
}

const filters = fc.constantFrom(
  "a",
  "a/b",
  "a/+",
  "+/b",
  "a/#",
  "#",
  "+/#",
  "+",
  "a/+/c",
  "$SYS/#",
  "$SYS/a",
);
const topics = ["a", "a/b", "a/c", "b/b", "a/b/c", "b", "$SYS/a", "$SYS/b/c"];
const ruleSets = fc.array(fc.record({ access: fc.constantFrom(...accesses), filter: filters }), {
  maxLength: 7,
});

function decisions(rules: readonly AccessRule[]): readonly boolean[] {
  const acl = { users: [{ name: "web", rules }], patterns: [] };
  const client = { username: "web", clientId: "c" };
  return topics.flatMap((topic) =>
    (["read", "write"] as const).map((want) => authorize(acl, client, want, topic).allowed),
  );
}

describe("rules that are wholly covered", () => {
  it("can all go at once, and the broker decides as before", () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const found = shadows(rules);
        expect(decisions(rules.filter((one) => !found.has(one)))).toEqual(decisions(rules));
      }),
      { numRuns: 3_000 },
    );
  });

  it("are covered by rules that stay", () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const found = shadows(rules);
        for (const { by } of found.values()) for (const cover of by) expect(found.has(cover)).toBe(false);
      }),
    );
  });

  it.each([
    [["readwrite a/#", "deny a/#"].reverse(), ["readwrite a/# denied by deny a/#"]],
    [["read a/b", "deny a/+"], ["read a/b denied by deny a/+"]],
    [["read a/#", "deny a/b"], []],
    [["read a/b", "readwrite a/#"], ["read a/b covered by readwrite a/#"]],
    [["readwrite a", "read a/#", "write +"], ["readwrite a covered by read a/# and write +"]],
    [["readwrite a/b", "read a/#"], []],
    [["read #", "read +/#"], ["read +/# covered by read #"]],
    [["deny a/b", "deny a/#"], ["deny a/b covered by deny a/#"]],
    [
      ["read a/b/c", "read a/b/#", "read a/#"],
      ["read a/b/# covered by read a/#", "read a/b/c covered by read a/#"],
    ],
    [["read #", "read $SYS/#"], []],
  ])("of %j are %j", (rules, found) => {
    expect(shown(...rules)).toEqual(found);
  });
});
