import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accesses } from "../mosquitto/acl.ts";
import { authorize, filterMatches } from "../mosquitto/authorization.ts";
import { chooseTopics } from "./topics.ts";

const identity = { username: "web", clientId: "web-1" };

describe("topics for a snippet", () => {
  it("are the document's for the document's user", () => {
    const topics = chooseTopics([{ access: "readwrite", filter: "naboom/#" }], [], identity);
    expect(topics).toEqual({ subscribe: "naboom/#", publish: "naboom/test" });
  });

  it("leave out what no rule allows", () => {
    expect(chooseTopics([{ access: "read", filter: "a/+" }], [], identity)).toEqual({ subscribe: "a/+" });
    expect(chooseTopics([{ access: "write", filter: "a/+/b" }], [], identity)).toEqual({
      publish: "a/test/b",
    });
    expect(chooseTopics([{ access: "deny", filter: "#" }], [], identity)).toEqual({});
  });

  it("prefer a pair in which the message comes back", () => {
    const rules = [
      { access: "write", filter: "out/#" },
      { access: "read", filter: "in/#" },
      { access: "readwrite", filter: "both/#" },
    ] as const;
    expect(chooseTopics(rules, [], identity)).toEqual({ subscribe: "both/#", publish: "both/test" });
  });

  it("put the client's own names into patterns", () => {
    const patterns = [{ access: "readwrite", filter: "clients/%c/#" }] as const;
    expect(chooseTopics([], patterns, identity)).toEqual({
      subscribe: "clients/web-1/#",
      publish: "clients/web-1/test",
    });
  });

  it("are never what the broker would refuse", () => {
    const level = fc.constantFrom("a", "b", "test", "+");
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([levels, all]) => [...levels, ...(all ? ["#"] : [])].join("/"));
    const rules = fc.array(fc.record({ access: fc.constantFrom(...accesses), filter }), { maxLength: 5 });
    fc.assert(
      fc.property(rules, (own) => {
        const { subscribe, publish } = chooseTopics(own, [], identity);
        const acl = { users: [{ name: "web", rules: own }], patterns: [] };
        if (publish !== undefined) expect(authorize(acl, identity, "write", publish).allowed).toBe(true);
        const echoed = publish !== undefined && authorize(acl, identity, "read", publish).allowed;
        if (echoed) expect(filterMatches(subscribe ?? "", publish)).toBe(true);
      }),
    );
  });
});
