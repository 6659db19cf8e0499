import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contradictions, grantedRules, type Rights, type Roles, refersToItself } from "./role.ts";

const none: Rights = { rules: [], patterns: [], roles: [] };

const roles: Roles = {
  reader: { ...none, rules: [{ access: "read", filter: "naboom/community/#" }] },
  member: {
    rules: [{ access: "read", filter: "naboom/alerts/#" }],
    patterns: [{ access: "readwrite", filter: "naboom/users/%u/#" }],
    roles: ["reader"],
  },
};

describe("a user's rules", () => {
  it("are its own, then those of its roles and of theirs, each with where it comes from", () => {
    const rights = { ...none, rules: [{ access: "write" as const, filter: "a" }], roles: ["member"] };
    expect(grantedRules("alice", rights, roles)).toEqual([
      { access: "write", filter: "a" },
      { access: "read", filter: "naboom/alerts/#", role: "member" },
      {
        access: "readwrite",
        filter: "naboom/users/alice/#",
        pattern: "naboom/users/%u/#",
        role: "member",
      },
      { access: "read", filter: "naboom/community/#", role: "reader" },
    ]);
  });

  it("have each access to a filter once, however often it is granted", () => {
    const rights = { ...none, rules: [{ access: "read" as const, filter: "naboom/community/#" }] };
    expect(grantedRules("bob", { ...rights, roles: ["reader", "reader", "member"] }, roles)).toHaveLength(3);
  });

  it("come to an end whatever the roles refer to", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const role = fc.record({
      rules: fc.array(fc.record({ access: fc.constant("read" as const), filter: name }), { maxLength: 2 }),
      patterns: fc.constant([]),
      roles: fc.array(name),
    });
    fc.assert(
      fc.property(fc.dictionary(name, role), role, (all, rights) => {
        const filters = grantedRules("user", rights, all).map(({ filter }) => filter);
        expect(new Set(filters).size).toBe(filters.length);
      }),
    );
  });
});

describe("a role", () => {
  it("refers to itself directly or through others", () => {
    const circle: Roles = {
      a: { ...none, roles: ["b"] },
      b: { ...none, roles: ["c"] },
      c: { ...none, roles: ["a"] },
      d: { ...none, roles: ["d"] },
      e: { ...none, roles: ["a"] },
    };
    expect(Object.keys(circle).filter((name) => refersToItself(name, circle))).toEqual(["a", "b", "c", "d"]);
  });
});

describe("two rules", () => {
  it("contradict where they allow and deny the very same filter", () => {
    const found = contradictions([
      { access: "read", filter: "a" },
      { access: "deny", filter: "a" },
      { access: "deny", filter: "b/#" },
      { access: "read", filter: "b/c" },
      { access: "write", filter: "a", role: "r" },
    ]);
    expect(found.map(({ allow, deny }) => [allow.access, deny.filter])).toEqual([
      ["read", "a"],
      ["write", "a"],
    ]);
  });
});
