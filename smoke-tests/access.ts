import type { AccessRule, UserAccess } from "../mosquitto/acl.ts";

/** A way of a message through the broker: who sends it, on which topic, and who gets it. */
export interface Route {
  readonly writer: UserAccess;
  readonly reader: UserAccess;
  readonly topic: string;
}

/** Whether a topic filter takes a topic in; wildcards do not reach topics that begin with `$` (MQTT 5, 4.7). */
export function filterMatches(filter: string, topic: string): boolean {
  const [wanted, given] = [filter.split("/"), topic.split("/")];
  if (topic.startsWith("$") && wanted[0] !== given[0]) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= given.length || (level !== "+" && level !== given[index])) return false;
  }
  return wanted.length === given.length;
}

/** Whether rules let a user read a topic; `deny` wins wherever it stands. */
export function mayRead(rules: readonly AccessRule[], topic: string): boolean {
  return allows(rules, topic, "read");
}

/** Whether rules let a user write to a topic; `deny` wins wherever it stands. */
export function mayWrite(rules: readonly AccessRule[], topic: string): boolean {
  return allows(rules, topic, "write");
}

function allows(rules: readonly AccessRule[], topic: string, access: "read" | "write"): boolean {
  const matching = rules.filter(({ filter }) => filterMatches(filter, topic)).map((rule) => rule.access);
  return !matching.includes("deny") && (matching.includes(access) || matching.includes("readwrite"));
}

/**
 * Topics that are interesting under the users' rules and carry `level` in the place of a wildcard, so that
 * nothing but a smoke test speaks there; a rule without a wildcard gives none, since its topic is in real use.
 */
export function scratchTopics(users: readonly UserAccess[], level: string): string[] {
  const filters = users.flatMap(({ rules }) => rules.map(({ filter }) => filter));
  const inside = filters
    .filter((filter) => /[+#]/.test(filter) && !filter.startsWith("$"))
    .map((filter) => filter.replace(/\+/g, level).replace(/#$/, level));
  return [...new Set([...inside, level])];
}

/**
 * A way from one of some users to one of others that their rules leave open, the earliest of each first.
 *
 * A client of the same user will do as the reader: it is another connection.
 */
export function openRoute(
  writers: readonly UserAccess[],
  readers: readonly UserAccess[],
  level: string,
): Route | undefined {
  for (const writer of writers) {
    for (const reader of readers) {
      const topic = scratchTopics([writer, reader], level).find(
        (each) => mayWrite(writer.rules, each) && mayRead(reader.rules, each),
      );
      if (topic !== undefined) return { writer, reader, topic };
    }
  }
  return undefined;
}

/**
 * Topics that a user may not write to, each with a reader who would see a publish that slips through; the last
 * is one that the user may not read either, with the user itself, for want of anything better.
 */
export function forbiddenToWrite(
  writer: UserAccess,
  users: readonly UserAccess[],
  level: string,
): readonly Route[] {
  const closed = scratchTopics(users, level).filter((topic) => !mayWrite(writer.rules, topic));
  const observed = beginningWith(writer, users).flatMap((reader) =>
    closed.filter((topic) => mayRead(reader.rules, topic)).map((topic) => ({ writer, reader, topic })),
  );
  const unobserved = closed.findLast((topic) => !mayRead(writer.rules, topic));
  return unobserved === undefined ? observed : [...observed, { writer, reader: writer, topic: unobserved }];
}

/** A topic that a user may not read and somebody may write to, if possible one that somebody else may read. */
export function forbiddenToRead(
  reader: UserAccess,
  users: readonly UserAccess[],
  level: string,
): (Route & { readonly witness: UserAccess | undefined }) | undefined {
  const closed = scratchTopics(users, level).filter((topic) => !mayRead(reader.rules, topic));
  const ways = closed.flatMap((topic) => {
    const writer = beginningWith(reader, users).find(({ rules }) => mayWrite(rules, topic));
    const witness = users.find(({ rules }) => mayRead(rules, topic));
    return writer === undefined ? [] : [{ writer, reader, topic, witness }];
  });
  return ways.find(({ witness }) => witness !== undefined) ?? ways[0];
}

/** The given user first, then everybody else. */
function beginningWith(user: UserAccess, users: readonly UserAccess[]): UserAccess[] {
  return [user, ...users.filter(({ name }) => name !== user.name)];
}
