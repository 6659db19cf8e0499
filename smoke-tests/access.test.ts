import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessRule, accesses, type UserAccess } from "../mosquitto/acl.ts";
import {
  forbiddenToRead,
  forbiddenToWrite,
  mayRead,
  mayWrite,
  openRoute,
  openRoutes,
  scratchTopics,
} from "./access.ts";

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
        const [first] = all as [UserAccess];
        const open = openRoute(all, all, LEVEL);
        if (open) {
          expect(mayWrite(open.writer.rules, open.topic)).toBe(true);
          expect(mayRead(open.reader.rules, open.topic)).toBe(true);
        }
        const others = all.slice(1);
        for (const { topic, readers } of forbiddenToWrite(first, others, LEVEL)) {
          expect(mayWrite(first.rules, topic)).toBe(false);
          expect(readers.length).toBeGreaterThan(0);
          for (const reader of readers) expect(reader === first || mayRead(reader.rules, topic)).toBe(true);
        }
        for (const { writer, topic } of forbiddenToRead(first, others, LEVEL)) {
          expect(mayRead(first.rules, topic)).toBe(false);
          expect(mayWrite(writer.rules, topic)).toBe(true);
        }
      }),
    );
  });

  it("are tried in every rule with a wildcard", () => {
    const only = user(
      "one",
      ["readwrite", "a/#"],
      ["readwrite", "b/+/c"],
      ["read", "d/#"],
      ["deny", "a/no/#"],
    );
    expect(openRoutes([only], [only], LEVEL).map(({ topic }) => topic)).toEqual([
      `a/${LEVEL}`,
      `b/${LEVEL}/c`,
    ]);
    expect(forbiddenToWrite(only, [], LEVEL).map(({ topic }) => topic)).toEqual([
      `d/${LEVEL}`,
      `a/no/${LEVEL}`,
      LEVEL,
    ]);
  });

  it("are tried at a topic outside of every rule too, where the user itself has to be the watcher", () => {
    const only = user("one", ["readwrite", "a/#"]);
    expect(forbiddenToWrite(only, [], LEVEL)).toEqual([{ topic: LEVEL, readers: [only] }]);
    expect(forbiddenToRead(only, [], LEVEL)).toEqual([]);
  });

  it("are watched by those who would see a publish that slips through, the same user first", () => {
    const [watcher, reader] = [user("watcher", ["read", "b/#"]), user("reader", ["read", "#"])];
    expect(forbiddenToWrite(watcher, [reader], LEVEL)).toEqual([
      { topic: `b/${LEVEL}`, readers: [watcher, reader] },
      { topic: LEVEL, readers: [reader] },
    ]);
  });

  it("have a witness for a read that is denied, where there is anybody", () => {
    const [one, two] = [user("one", ["write", "a/#"]), user("two", ["read", "a/#"])];
    const topic = `a/${LEVEL}`;
    expect(forbiddenToRead(one, [two], LEVEL)).toEqual([{ writer: one, reader: one, topic, witness: two }]);
    expect(forbiddenToRead(one, [], LEVEL)).toEqual([
      { writer: one, reader: one, topic, witness: undefined },
    ]);
  });

  it("leave nothing to try where a user may write to everything", () => {
    const all = user("all", ["readwrite", "#"]);
    expect(forbiddenToWrite(all, [], LEVEL)).toEqual([]);
  });
});
