import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessRule, accesses, type UserAccess } from "../mosquitto/acl.ts";
import {
  filterMatches,
  forbiddenToRead,
  forbiddenToWrite,
  mayRead,
  mayWrite,
  openRoute,
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

describe("a topic filter", () => {
  it.each([
    ["a/b", "a/b"],
    ["a/+", "a/b"],
    ["a/+", "a/"],
    ["a/#", "a"],
    ["a/#", "a/b/c"],
    ["#", "a/b"],
    ["+/+", "/b"],
    ["$SYS/#", "$SYS/broker"],
  ])("%s takes in %s", (one, topic) => {
    expect(filterMatches(one, topic)).toBe(true);
  });

  it.each([
    ["a/b", "a"],
    ["a/b", "a/b/c"],
    ["a/+", "a"],
    ["a/+", "a/b/c"],
    ["a/#", "ab"],
    ["#", "$SYS/broker"],
    ["+/broker", "$SYS/broker"],
    ["A", "a"],
  ])("%s leaves out %s", (one, topic) => {
    expect(filterMatches(one, topic)).toBe(false);
  });
});

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
        for (const { writer, reader, topic } of forbiddenToWrite(first, all, LEVEL)) {
          expect(writer).toBe(first);
          expect(mayWrite(first.rules, topic)).toBe(false);
          expect(reader === first || mayRead(reader.rules, topic)).toBe(true);
        }
        const unread = forbiddenToRead(first, all, LEVEL);
        if (unread) {
          expect(mayRead(first.rules, unread.topic)).toBe(false);
          expect(mayWrite(unread.writer.rules, unread.topic)).toBe(true);
        }
      }),
    );
  });

  it("are tried at a topic outside of every rule where a single user may read and write the rest", () => {
    const only = user("one", ["readwrite", "a/#"]);
    expect(openRoute([only], [only], LEVEL)).toEqual({ writer: only, reader: only, topic: `a/${LEVEL}` });
    expect(forbiddenToWrite(only, [only], LEVEL)).toEqual([{ writer: only, reader: only, topic: LEVEL }]);
    expect(forbiddenToRead(only, [only], LEVEL)).toBeUndefined();
  });

  it("are tried first where another user would see a publish that slips through", () => {
    const [reader, watcher] = [user("reader", ["read", "a/#"]), user("watcher", ["read", "b/#"])];
    const routes = forbiddenToWrite(watcher, [watcher, reader], LEVEL);
    expect(routes.map(({ reader: { name }, topic }) => `${name} on ${topic}`)).toEqual([
      `watcher on b/${LEVEL}`,
      `reader on a/${LEVEL}`,
      `watcher on ${LEVEL}`,
    ]);
  });

  it("leave nothing to try where a user may write to everything", () => {
    const all = user("all", ["readwrite", "#"]);
    expect(forbiddenToWrite(all, [all], LEVEL)).toEqual([]);
  });
});
