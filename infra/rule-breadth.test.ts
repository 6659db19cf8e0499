import { describe, expect, it } from "vitest";
import { RuleBreadth, someOf } from "./rule-breadth.ts";
import { sampleSettings } from "./sample-settings.ts";
import { written, writtenRules } from "./written-rules.ts";

function faults(config: Readonly<Record<string, unknown>>): Readonly<Record<string, readonly string[]>> {
  const policy = sampleSettings(config);
  const breadth = new RuleBreadth(policy);
  const entries = writtenRules(policy).map((rule) => [
    `${"name" in rule.place ? rule.place.name : "everyone"}: ${written(rule)}`,
    breadth.faultsOf(rule),
  ]);
  return Object.fromEntries(entries.filter(([, found]) => (found?.length ?? 0) > 0));
}

const EVERYTHING = "it takes in every topic but those that begin with $";
const FIRST = "it takes in every first level";
const CLIENT_ID = "any user can choose another's client id, and has its topics then";

describe("a rule that is too wide", () => {
  it("takes in all topics, or all first levels", () => {
    const users = { a: { read: ["#", "+/status", "+"] }, b: { read: ["a/#", "a/+", "$SYS/#"], deny: ["#"] } };
    expect(faults({ users })).toEqual({
      "a: read #": [EVERYTHING],
      "a: read +/status": [FIRST],
      "a: read +": [FIRST],
    });
  });

  it("lets several users write to the same topics by a wildcard", () => {
    const users = {
      a: { write: ["a/#"] },
      b: { readwrite: ["+/b"] },
      c: { read: ["a/#"], write: ["a/c"] },
      d: { write: ["d/#"] },
    };
    expect(faults({ users })).toEqual({
      "a: write a/#": ["b and c can write there too"],
      "b: readwrite +/b": [FIRST, "a and d can write there too"],
      "d: write d/#": ["b can write there too"],
    });
  });

  it("is the wider one of two where one has all of the other's topics", () => {
    const users = { a: { write: ["a/b/#"] }, b: { write: ["a/#"] }, c: { write: ["a/b/#"] } };
    expect(faults({ users })).toEqual({
      "a: write a/b/#": ["c can write there too"],
      "b: write a/#": ["a and c can write there too"],
      "c: write a/b/#": ["a can write there too"],
    });
  });

  it("is not one that a deny keeps others out of", () => {
    const users = { a: { write: ["a/#"] }, b: { write: ["#"], deny: ["a/#"] } };
    expect(faults({ users })).toEqual({ "b: write #": [EVERYTHING] });
  });

  it("is one of a role whose members write as each other, and not one that has the user's name in it", () => {
    const roles = { worker: { write: ["a/#"], patterns: { write: ["own/%u/#"] } } };
    const users = { a: { roles: ["worker"] }, b: { roles: ["worker"] }, c: { write: ["a/x"] } };
    expect(faults({ users, roles })).toEqual({
      "worker: write a/#": ["several users can write to the same topics: a, b and c"],
    });
  });

  it("is one on topics that everyone's pattern with the client id lets others write to as well", () => {
    const users = {
      a: { write: ["a/state/#"] },
      b: { read: ["a/#"] },
      c: { read: ["a/#"], deny: ["a/state/#"] },
      d: { write: ["a/other/+", "a/state/d"] },
    };
    const config = { users, patterns: { write: ["a/state/%c"], read: ["a/other/%c"] } };
    expect(faults(config)).toEqual({
      "a: write a/state/#": ["b and d can write there too"],
      "everyone: read a/other/%c": [CLIENT_ID],
      "everyone: write a/state/%c": [CLIENT_ID],
    });
    expect(faults({ ...config, clientIds: "own" })).toEqual({
      "a: write a/state/#": ["b and d can write there too"],
    });
  });

  it("is not one beside everyone's pattern on topics that have the user's own account as the client id", () => {
    const config = {
      users: { a: { write: ["a/a/#", "b/+"] }, b: { read: ["a/#"] } },
      patterns: { write: ["a/%c/#", "b/%c/deep"] },
      clientIds: "own",
    };
    expect(faults(config)).toEqual({});
  });

  it("is a pattern with the client id, where clients choose it", () => {
    const config = { users: { a: { read: ["a"] } }, patterns: { readwrite: ["devices/%c/#", "%c/state"] } };
    expect(faults(config)).toEqual({
      "everyone: readwrite devices/%c/#": [CLIENT_ID],
      "everyone: readwrite %c/state": [FIRST, CLIENT_ID],
    });
    expect(faults({ ...config, clientIds: "own" })).toEqual({ "everyone: readwrite %c/state": [FIRST] });
  });
});

it("names some, and counts the rest", () => {
  expect(someOf(["a"])).toBe("a");
  expect(someOf(["a", "b", "c", "d", "e"])).toBe("a, b, c, d and e");
  expect(someOf(["a", "b", "c", "d", "e", "f"])).toBe("a, b, c, d and 2 more");
});
