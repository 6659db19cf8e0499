import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { topicFilterFault } from "../../mosquitto/topic-filter.ts";
import type { AccessRule } from "./account-access.ts";
import { covers, mayWrite, overlaps, readable, resolve, topicFault } from "./rights.ts";

const rules: readonly AccessRule[] = [
  { access: "readwrite", filter: "home/#" },
  { access: "read", filter: "weather/+/now" },
  { access: "write", filter: "inbox" },
  { access: "deny", filter: "home/locks/#" },
];

describe("a topic", () => {
  test.each([
    ["home/hall", true],
    ["home", true],
    ["inbox", true],
    ["home/locks/door", false],
    ["weather/oslo/now", false],
    ["$SYS/broker", false],
  ])("%s may be written: %s", (topic, allowed) => expect(mayWrite(rules, topic)).toBe(allowed));
});

describe("a filter", () => {
  test.each([
    ["home/hall/#", "all"],
    ["weather/oslo/now", "all"],
    ["home/#", "some"],
    ["#", "some"],
    ["+/oslo/+", "some"],
    ["home/locks/+", "none"],
    ["inbox", "none"],
    ["$SYS/#", "none"],
  ])("%s is readable: %s", (filter, part) => expect(readable(rules, filter)).toBe(part));
});

test("a wildcard at the first level hides what begins with $", () => {
  expect(covers("#", "$SYS/a")).toBe(false);
  expect(overlaps("+/a", "$SYS/a")).toBe(false);
  expect(covers("$SYS/#", "$SYS/a")).toBe(true);
});

test("placeholders of account and client are filled in, and a plain rule stays as it is", () => {
  const filter = "%u/%c/#";
  expect(
    resolve(
      [
        { access: "read", filter, placeholders: true },
        { access: "write", filter },
      ],
      "ann",
      "c-1",
    ),
  ).toEqual([
    { access: "read", filter: "ann/c-1/#" },
    { access: "write", filter },
  ]);
});

const level = fc.constantFrom("a", "b", "", "$c");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, "#"] : levels).join("/"));

test("a filter that covers another takes in each of its topics, and two that share a topic overlap", () => {
  fc.assert(
    fc.property(filter, filter, topic, (one, other, topic) => {
      if (covers(one, other) && covers(other, topic)) expect(covers(one, topic)).toBe(true);
      if (covers(one, topic) && covers(other, topic)) expect(overlaps(one, other)).toBe(true);
      expect(overlaps(one, other)).toBe(overlaps(other, one));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["home/+/now", "filter", undefined],
  ["home/a+", "filter", "A + fills a whole level."],
  ["home/#/now", "filter", "A # fills the last level."],
  ["$share", "filter", "A $share/ is followed by a group, a slash and a filter."],
  ["$share/group", "filter", "A $share/ is followed by a group, a slash and a filter."],
  ["$share/group/", "filter", "A $share/ is followed by a group, a slash and a filter."],
  ["$share//home", "filter", "A $share/ is followed by a group, a slash and a filter."],
  ["$share/+/home", "filter", "A group of $share/ has no + and no #."],
  ["$share/group/home/#", "filter", undefined],
  ["$share/group//", "filter", undefined],
  ["$shared", "filter", undefined],
  ["home/\0", "filter", "A filter has no control characters."],
  ["home/\x1f", "filter", "A filter has no control characters."],
  ["home/\x7f", "topic", "A topic has no control characters."],
  ["home/\x9f", "filter", "A filter has no control characters."],
  ["home/\xa0", "filter", undefined],
  ["home/\ufdd0", "filter", "A filter has no code points that Unicode keeps free of characters."],
  ["home/\u{1ffff}", "topic", "A topic has no code points that Unicode keeps free of characters."],
  ["home/\ud83d", "filter", "A filter has no code points that Unicode keeps free of characters."],
  ["home/\u{1f600}", "filter", undefined],
  ["/".repeat(200), "filter", undefined],
  ["/".repeat(201), "filter", "A filter has at most 200 slashes."],
  ["/".repeat(201), "topic", "A topic has at most 200 slashes."],
  ["", "topic", "A topic has at least one character."],
  ["home/#", "topic", "A topic to publish to has no + and no #."],
] as const)("%s as a %s: %s", (text, kind, fault) => expect(topicFault(text, kind)).toBe(fault));

test("what the page takes for a filter, a stack's config takes for one too", () => {
  const odd = fc.constantFrom("+", "#", "/", "$share", "\x7f", "\ufffe", "\ud800", "a", "é");
  const text = fc.array(fc.oneof(odd, fc.string({ unit: "binary", maxLength: 2 })), { maxLength: 8 });
  fc.assert(
    fc.property(text, (parts) => {
      const filter = parts.join("");
      // White space around it is refused there for the ACL file's sake alone.
      if (filter !== filter.trim() || topicFault(filter, "filter") !== undefined) return;
      expect(topicFilterFault(filter)).toBeUndefined();
    }),
    { numRuns: 5_000 },
  );
});
