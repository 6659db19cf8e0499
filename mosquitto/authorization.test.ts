import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessControlList, AccessRule } from "./acl.ts";
import { authorize, filterMatches } from "./authorization.ts";
import { requestsOf, scenarios } from "./authorization-scenario.ts";

describe("a topic filter", () => {
  it.each([
    ["a/b", "a/b"],
    ["a/+", "a/b"],
    ["a/+", "a/"],
    ["+/b", "/b"],
    ["+/+", "/"],
    ["a/#", "a"],
    ["a/#", "a/"],
    ["+/#", "a"],
    ["#", "/a"],
    ["//#", "/"],
    ["$app/#", "$app"],
  ])("%s takes %s in", (filter, topic) => {
    expect(filterMatches(filter, topic)).toBe(true);
  });

  it.each([
    ["a/b", "a/B"],
    ["a/b", "a/b/"],
    ["a/b", "/a/b"],
    ["a/+", "a"],
    ["a/+", "a/b/c"],
    ["a/+/#", "a"],
    ["+", "/a"],
    ["#", "$app"],
    ["$app/+", "app/a"],
    ["\u00e9", "e\u0301"],
    ["%u", "ann"],
  ])("%s does not take %s in", (filter, topic) => {
    expect(filterMatches(filter, topic)).toBe(false);
  });

  it("takes in a topic that is itself, with any levels in the place of its wildcards", () => {
    const level = fc.constantFrom("a", "b", "", "é", "$");
    const levels = fc.array(fc.record({ level, wild: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(levels, fc.array(level), fc.boolean(), (parts, deeper, open) => {
        const filter = ["a", ...parts.map((part) => (part.wild ? "+" : part.level)), ...(open ? ["#"] : [])];
        const topic = ["a", ...parts.map((part) => part.level), ...(open ? deeper : [])];
        expect(filterMatches(filter.join("/"), topic.join("/"))).toBe(true);
        expect(filterMatches(filter.join("/"), `$${topic.join("/")}`)).toBe(false);
      }),
    );
  });
});

describe("a user's own rules", () => {
  it("allow what they say, and nothing else", () => {
    const rules = [rule("read a/#"), rule("write b"), rule("readwrite c")];
    expect(decide({ rules }, "read", "a/b")).toEqual({ allowed: true, by: "rule", rule: rules[0] });
    expect(decide({ rules }, "write", "a/b")).toEqual(byNothing);
    expect(decide({ rules }, "write", "b").rule).toBe(rules[1]);
    expect(decide({ rules }, "read", "c").rule).toBe(rules[2]);
    expect(decide({ rules }, "read", "d")).toEqual(byNothing);
  });

  it("deny wherever a deny stands", () => {
    const rules = [rule("readwrite a/#"), rule("deny a/b"), rule("readwrite a/b")];
    expect(decide({ rules }, "read", "a/b")).toEqual({ allowed: false, by: "rule", rule: rules[1] });
    expect(decide({ rules }, "read", "a/c").allowed).toBe(true);
  });

  it("go on to the next one after a rule for the other access", () => {
    const rules = [rule("read a"), rule("write #")];
    expect(decide({ rules }, "write", "a").rule).toBe(rules[1]);
  });

  it("name the first of two allows and the last of two denies, as Mosquitto reads them", () => {
    const rules = [rule("read a"), rule("readwrite a"), rule("deny b"), rule("deny +")];
    expect(decide({ rules: rules.slice(0, 3) }, "read", "a").rule).toBe(rules[0]);
    expect(decide({ rules }, "read", "b").rule).toBe(rules[3]);
  });

  it("are not for a user whose name differs in case, in its Unicode form or by white space", () => {
    for (const [name, username] of [
      ["ann", "Ann"],
      ["\u00e9", "e\u0301"],
      ["ann", "ann "],
      ["ann", "an"],
    ] as const) {
      const acl = { users: [{ name, rules: [rule("readwrite #")] }], patterns: [] };
      expect(authorize(acl, { username, clientId: "1" }, "read", "a")).toEqual(byNothing);
    }
  });

  it("are all those of several sections with one name", () => {
    const sections = [[rule("readwrite #")], [rule("deny a")]];
    const acl = { users: sections.map((rules) => ({ name: "ann", rules })), patterns: [] };
    expect(authorize(acl, ann, "read", "b").allowed).toBe(true);
    expect(authorize(acl, ann, "read", "a").allowed).toBe(false);
  });

  it("do not put a name in the place of %u or %c", () => {
    const rules = [rule("readwrite %u/%c")];
    expect(decide({ rules }, "read", "ann/1")).toEqual(byNothing);
    expect(decide({ rules }, "read", "%u/%c").allowed).toBe(true);
  });
});

describe("patterns", () => {
  it("compare the name and the client id with a whole level", () => {
    const patterns = [rule("readwrite home/%u/%c/#")];
    expect(decide({ patterns }, "write", "home/ann/1")).toEqual({
      allowed: true,
      by: "pattern",
      rule: patterns[0],
    });
    for (const topic of ["home/anna/1", "home/an/1", "home/ann/11", "home/ann", "home/%u/%c"]) {
      expect(decide({ patterns }, "write", topic), topic).toEqual(byNothing);
    }
    expect(decide({ patterns: [rule("read x%u")] }, "read", "x%u").allowed).toBe(true);
  });

  it("are asked after the user's own rules, so an own allow wins over a pattern's deny", () => {
    const patterns = [rule("deny a/#"), rule("readwrite #")];
    expect(decide({ rules: [rule("read a/b")], patterns }, "read", "a/b").allowed).toBe(true);
    expect(decide({ rules: [rule("read a/b")], patterns }, "write", "a/b").rule).toBe(patterns[0]);
    expect(decide({ rules: [rule("deny c")], patterns }, "read", "c").by).toBe("rule");
  });

  it("hold for a user without a section", () => {
    const acl = { users: [], patterns: [rule("read %u")] };
    expect(authorize(acl, ann, "read", "ann").allowed).toBe(true);
  });

  it("give nothing to a client with a + or a # in its names, whose own rules still hold", () => {
    const acl = { users: [{ name: "a+", rules: [rule("read own")] }], patterns: [rule("readwrite #")] };
    for (const client of [
      { username: "a+", clientId: "1" },
      { username: "a+", clientId: "#" },
    ]) {
      expect(authorize(acl, client, "read", "own").by).toBe("rule");
      expect(authorize(acl, client, "read", "other")).toEqual({ allowed: false, by: "name" });
    }
    expect(authorize({ ...acl, patterns: [] }, { username: "a+", clientId: "1" }, "read", "other")).toEqual(
      byNothing,
    );
  });

  it("never match a name of several levels, or none", () => {
    const patterns = [rule("readwrite %c/#"), rule("readwrite x/%c")];
    for (const topic of ["a/b", "a/b/c", "x/a/b", "x/", "/"]) {
      for (const clientId of ["a/b", ""]) {
        const client = { username: "ann", clientId };
        expect(authorize({ users: [], patterns }, client, "read", topic)).toEqual(byNothing);
      }
    }
  });

  it("open no topic that begins with $ by a name that does", () => {
    const client = { username: "$SYS", clientId: "1" };
    expect(authorize({ users: [], patterns: [rule("read %u/#")] }, client, "read", "$SYS/a")).toEqual(
      byNothing,
    );
  });
});

describe("topics that begin with $", () => {
  it("are reached only by rules that begin with $", () => {
    expect(decide({ rules: [rule("readwrite #"), rule("readwrite +/a")] }, "read", "$app/a")).toEqual(
      byNothing,
    );
    expect(decide({ rules: [rule("readwrite $app/#")] }, "write", "$app/a").allowed).toBe(true);
  });

  it("below $SYS may be read but not written, except the state of a bridge's connection", () => {
    const rules = [rule("readwrite $SYS/#"), rule("readwrite $SYSTEM/#")];
    expect(decide({ rules }, "read", "$SYS/broker/version").allowed).toBe(true);
    for (const topic of ["$SYS/broker/version", "$SYS/broker/connection/a/b/state", "$SYSTEM/a"]) {
      expect(decide({ rules }, "write", topic)).toEqual({ allowed: false, by: "reserved topic" });
    }
    expect(decide({ rules }, "write", "$SYS/broker/connection/a/state").rule).toBe(rules[0]);
    expect(decide({}, "write", "$SYS/broker/connection/a/state")).toEqual(byNothing);
  });

  it("are nobody's when they begin with $share", () => {
    const rules = ["$share/#", "$shared/#"].map((filter) => rule(`readwrite ${filter}`));
    for (const access of ["read", "write"] as const) {
      for (const topic of ["$share/g/a", "$shared/a"]) {
        expect(decide({ rules }, access, topic)).toEqual({ allowed: false, by: "reserved topic" });
      }
    }
  });
});

describe("a decision", () => {
  it("names a rule of the list, or says that there is none", () => {
    fc.assert(
      fc.property(scenarios(), (scenario) => {
        for (const { acl, client, access, topic } of requestsOf(scenario)) {
          const { allowed, by, rule } = authorize(acl, client, access, topic);
          const own = acl.users.filter(({ name }) => name === client.username).flatMap(({ rules }) => rules);
          const list = by === "rule" ? own : by === "pattern" ? acl.patterns : [undefined];
          expect(list).toContain(rule);
          expect(allowed).toBe(rule !== undefined && ["readwrite", access].includes(rule.access));
        }
      }),
    );
  });

  it("is never turned into an allow by one more deny, nor into a denial by one more allow", () => {
    const additions = fc.constantFrom<AccessRule["access"]>("read", "write", "readwrite", "deny");
    fc.assert(
      fc.property(
        scenarios(),
        additions,
        fc.constantFrom("#", "+", "a", "$app/#"),
        (scenario, access, filter) => {
          const added = { access, filter };
          for (const request of requestsOf(scenario)) {
            const { acl, client } = request;
            const more = { ...acl, users: [...acl.users, { name: client.username, rules: [added] }] };
            const before = authorize(acl, client, request.access, request.topic).allowed;
            const after = authorize(more, client, request.access, request.topic).allowed;
            if (access === "deny") expect(before || !after).toBe(true);
            else expect(!before || after).toBe(true);
          }
        },
      ),
    );
  });
});

const ann = Object.freeze({ username: "ann", clientId: "1" });
const byNothing = Object.freeze({ allowed: false, by: "nothing" });

/** A rule from its line in an ACL file, without the keyword. */
function rule(line: string): AccessRule {
  const [access, ...filter] = line.split(" ");
  return { access: access as AccessRule["access"], filter: filter.join(" ") };
}

/** What a user `ann` may do with her own rules and with patterns. */
function decide(
  { rules = [], patterns = [] }: { rules?: readonly AccessRule[]; patterns?: readonly AccessRule[] },
  access: "read" | "write",
  topic: string,
) {
  const acl: AccessControlList = { users: [{ name: "ann", rules }], patterns };
  return authorize(acl, ann, access, topic);
}
