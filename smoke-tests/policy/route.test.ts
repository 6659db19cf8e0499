import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessRule, accesses, type UserAccess } from "../../mosquitto/acl.ts";
import { mayRead, mayWrite, openRoute, scratchTopics } from "./route.ts";

const LEVEL = "smoke-0123456789ab";

const level = fc.constantFrom("a", "b", "c", "+");
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, "#"] : levels).join("/"));
const rule: fc.Arbitrary<AccessRule> = fc.record({ access: fc.constantFrom(...accesses), filter });
const users: fc.Arbitrary<UserAccess[]> = fc
  .array(fc.array(rule, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 })
  .map((all) => all.map((rules, index) => ({ name: `user${index}`, rules })));

function user(name: string, ...rules: [AccessRule["access"], string][]): UserAccess {
  return { name, rules: rules.map(([access, text]) => ({ access, filter: text })) };
}

describe("scratch topics", () => {
  it("all carry the level, so that nothing real is on them, and lie where a rule says or in no rule at all", () => {
    fc.assert(
      fc.property(users, (all) => {
        for (const topic of scratchTopics(all, LEVEL)) {
          expect(topic.split("/")).toContain(LEVEL);
          expect(topic).not.toMatch(/[+#]/);
        }
      }),
    );
  });

  it("leave out the topics of rules without a wildcard, and the broker's own", () => {
    const all = [user("one", ["read", "alerts"], ["read", "$SYS/#"], ["write", "sensors/+/reading"])];
    expect(scratchTopics(all, LEVEL)).toEqual([`sensors/${LEVEL}/reading`, LEVEL]);
  });
});

describe("rights", () => {
  it("are taken away by a deny wherever it stands", () => {
    const { rules } = user("one", ["deny", "a/secret/#"], ["readwrite", "a/#"]);
    expect([mayRead(rules, "a/b"), mayWrite(rules, "a/b")]).toEqual([true, true]);
    expect([mayRead(rules, "a/secret/b"), mayWrite(rules, "a/secret/b")]).toEqual([false, false]);
  });

  it("are what the way of a message is chosen by, whether it is to come or not", () => {
    fc.assert(
      fc.property(users, (all) => {
        const open = openRoute(all, all, LEVEL);
        if (open) {
          expect(mayWrite(open.writer.rules, open.topic)).toBe(true);
          expect(mayRead(open.reader.rules, open.topic)).toBe(true);
        }
      }),
    );
  });

  it("that never meet leave no way", () => {
    const [writer, reader] = [user("writer", ["write", "a/#"]), user("reader", ["read", "b/#"])];
    expect(openRoute([writer], [reader], LEVEL)).toBeUndefined();
    expect(openRoute([writer], [user("all", ["read", "#"])], LEVEL)?.topic).toBe(`a/${LEVEL}`);
  });
});
