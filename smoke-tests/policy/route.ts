import type { AccessRule, UserAccess } from "../../mosquitto/acl.ts";
import { authorize } from "../../mosquitto/authorization.ts";

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
 * The first way by which one of some users may reach one of others under their rules, with a client of the same user
 * as the reader where that may: it is another connection.
 */
export function openRoute(
  writers: readonly UserAccess[],
  readers: readonly UserAccess[],
  level: string,
): Route | undefined {
  for (const topic of scratchTopics([...writers, ...readers], level)) {
    const writer = writers.find(({ rules }) => mayWrite(rules, topic));
    const reader = writer && readers.find(({ rules }) => mayRead(rules, topic));
    if (writer && reader) return { writer, reader, topic };
  }
  return undefined;
}
