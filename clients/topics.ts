import type { AccessRule } from "../mosquitto/acl.ts";
import { authorize, type ClientIdentity } from "../mosquitto/authorization.ts";
import { filterCovers } from "../mosquitto/filter-cover.ts";
import { placeholders } from "../mosquitto/pattern.ts";

/** What a client can try its rights on. */
export interface Topics {
  /** A topic filter to subscribe to. @default the client may read nothing */
  readonly subscribe?: string;
  /** A topic to publish to, one that `subscribe` takes in where there is one. @default the client may write nothing */
  readonly publish?: string;
}

/** What stands for a wildcard in a topic to publish to, as in the reference document's naboom/test. */
const LEVEL = "test";

/** Chooses topics from a client's own rules, in their order, and from the patterns after them. */
export function chooseTopics(
  rules: readonly AccessRule[],
  patterns: readonly AccessRule[],
  identity: ClientIdentity,
): Topics {
  const acl = { users: [{ name: identity.username, rules }], patterns };
  const denied = rules.filter(({ access }) => access === "deny").map(({ filter }) => filter);
  const granted = [...rules, ...patterns].map((rule) => ({
    ...rule,
    filter: personal(rule.filter, identity),
  }));
  const readable = granted
    .filter(({ access }) => access === "read" || access === "readwrite")
    .map(({ filter }) => filter)
    .filter((filter) => !denied.some((wider) => filterCovers(wider, filter)));
  const writable = granted
    .filter(({ access }) => access === "write" || access === "readwrite")
    .map(({ filter }) => topicIn(filter))
    .filter((topic) => authorize(acl, identity, "write", topic).allowed);
  const echoed = writable.find(
    (topic) =>
      authorize(acl, identity, "read", topic).allowed &&
      readable.some((filter) => filterCovers(filter, topic)),
  );
  const publish = echoed ?? writable[0];
  const subscribe =
    readable.find((filter) => echoed !== undefined && filterCovers(filter, echoed)) ??
    readable.find((filter) => !filter.startsWith("$")) ??
    readable[0];
  return { ...(subscribe === undefined ? {} : { subscribe }), ...(publish === undefined ? {} : { publish }) };
}

/** A topic that a filter takes in. */
export function topicIn(filter: string): string {
  return filter
    .split("/")
    .map((level) => (level === "+" || level === "#" ? LEVEL : level))
    .join("/");
}

function personal(filter: string, { username, clientId }: ClientIdentity): string {
  const names: Readonly<Record<string, string>> = {
    [placeholders.user]: username,
    [placeholders.client]: clientId,
  };
  return filter
    .split("/")
    .map((level) => names[level] ?? level)
    .join("/");
}
