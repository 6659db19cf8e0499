import type { AccessRule, UserAccess } from "../mosquitto/acl.ts";
import { authorize } from "../mosquitto/authorization.ts";

/** A way of a message through the broker: who sends it, on which topic, and who gets it. */
export interface Route {
  readonly writer: UserAccess;
  readonly reader: UserAccess;
  readonly topic: string;
}

/** Whether rules let a user read a topic; `deny` wins wherever it stands. */
export function mayRead(rules: readonly AccessRule[], topic: string): boolean {
  return allows(rules, topic, "read");
}

/** Whether rules let a user write to a topic; `deny` wins wherever it stands. */
export function mayWrite(rules: readonly AccessRule[], topic: string): boolean {
  return allows(rules, topic, "write");
}

/** As the reference model decides, for a user without patterns, whose name and client id then do not matter. */
function allows(rules: readonly AccessRule[], topic: string, access: "read" | "write"): boolean {
  const client = { username: "user", clientId: "client" };
  return authorize({ users: [{ name: client.username, rules }], patterns: [] }, client, access, topic)
    .allowed;
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
 * The topics by which some users may reach others under their rules, each with the first pair that it is open to.
 *
 * A client of the same user will do as the reader: it is another connection.
 */
export function openRoutes(
  writers: readonly UserAccess[],
  readers: readonly UserAccess[],
  level: string,
): readonly Route[] {
  return [...routes(writers, readers, level)];
}

/** The first of {@link openRoutes}, found without the others. */
export function openRoute(
  writers: readonly UserAccess[],
  readers: readonly UserAccess[],
  level: string,
): Route | undefined {
  return routes(writers, readers, level).next().value;
}

function* routes(
  writers: readonly UserAccess[],
  readers: readonly UserAccess[],
  level: string,
): Generator<Route, undefined> {
  for (const topic of scratchTopics([...writers, ...readers], level)) {
    const writer = writers.find(({ rules }) => mayWrite(rules, topic));
    const reader = writer && readers.find(({ rules }) => mayRead(rules, topic));
    if (writer && reader) yield { writer, reader, topic };
  }
}

/**
 * The topics that a user may not write to, each with those who would see a publish that slips through: users who
 * may read there, the same one first; where nobody may, the same one, who then may neither write nor read.
 */
export function forbiddenToWrite(
  writer: UserAccess,
  others: readonly UserAccess[],
  level: string,
): { readonly topic: string; readonly readers: readonly UserAccess[] }[] {
  const all = [writer, ...others];
  return scratchTopics(all, level)
    .filter((topic) => !mayWrite(writer.rules, topic))
    .map((topic) => {
      const readers = all.filter(({ rules }) => mayRead(rules, topic));
      return { topic, readers: readers.length > 0 ? readers : [writer] };
    });
}

/**
 * The topics that a user may not read and somebody may write to, each with the first who may, and with a witness:
 * somebody who may read there.
 */
export function forbiddenToRead(
  reader: UserAccess,
  others: readonly UserAccess[],
  level: string,
): (Route & { readonly witness: UserAccess | undefined })[] {
  const all = [reader, ...others];
  return scratchTopics(all, level)
    .filter((topic) => !mayRead(reader.rules, topic))
    .flatMap((topic) => {
      const writer = all.find(({ rules }) => mayWrite(rules, topic));
      const witness = others.find(({ rules }) => mayRead(rules, topic));
      return writer === undefined ? [] : [{ writer, reader, topic, witness }];
    });
}
