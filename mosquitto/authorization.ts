import type { AccessControlList, AccessRule } from "./acl.ts";

/** Who asks. The user's name is the one that was logged in with; an ACL file knows no other identity. */
export interface ClientIdentity {
  readonly username: string;
  readonly clientId: string;
}

/** What a client may or may not do, and by what. */
export type Decision =
  | {
      readonly allowed: boolean;
      /** A rule of the user's own section, or a pattern. */
      readonly by: "rule" | "pattern";
      /** The rule that decided, the same object as in the list. */
      readonly rule: AccessRule;
    }
  | {
      readonly allowed: false;
      /**
       * The broker itself, which keeps the topic for other uses; a `+` or a `#` in the user's name or in the
       * client id while there are patterns; or nothing, as no rule is about this.
       */
      readonly by: "reserved topic" | "name" | "nothing";
      readonly rule?: never;
    };

/**
 * Decides as Mosquitto 2.1.2 with the acl-file plugin does: what the broker reserves, then the user's own rules,
 * then the patterns; in each of both the denies first, wherever they stand, then the others in their order.
 *
 * Read from 2.1.2's `src/plugin_acl_check.c`, `plugins/acl-file/acl_check.c` and `acl_parse.c`, and compared with
 * a real broker in authorization.smoke.ts. Beyond mosquitto.conf(5), `acl_file`:
 * - A rule for the other access decides nothing: the next one is asked.
 * - A user's own allow wins over a pattern's deny, since patterns are asked only when no rule of the user's was
 *   about it. A user without a section is left to the patterns.
 * - Several sections with one name are one. Names are compared byte by byte.
 * - A `+` or a `#` in the user's name or the client id takes away all that patterns give, also those patterns
 *   without `%u` and `%c`; the user's own rules hold all the same.
 * - Writing to `$SYS…` is refused whatever the rules say, except `$SYS/broker/connection/+/state`, which they may
 *   give away; so are reading and writing `$share…`. Both are compared as text: `$SYSTEM/a` and `$shared/a` too.
 *
 * This is about delivery. A subscription is always granted, whatever it asks for. A write to `$CONTROL/…` that
 * is allowed is a command to the broker's plugins, which no client gets.
 *
 * @param topic a topic name that the broker takes, so without wildcards
 */
export function authorize(
  { users, patterns }: AccessControlList,
  client: ClientIdentity,
  access: "read" | "write",
  topic: string,
): Decision {
  if (isReserved(topic, access)) return { allowed: false, by: "reserved topic" };
  const rules = users.filter(({ name }) => name === client.username).flatMap((user) => user.rules);
  const rule = decisive(rules, access, ({ filter }) => filterMatches(filter, topic));
  if (rule !== undefined) return { allowed: rule.access !== "deny", by: "rule", rule };
  if (patterns.length > 0 && /[+#]/.test(client.username + client.clientId))
    return { allowed: false, by: "name" };
  const pattern = decisive(patterns, access, ({ filter }) => patternMatches(filter, topic, client));
  if (pattern !== undefined) return { allowed: pattern.access !== "deny", by: "pattern", rule: pattern };
  return { allowed: false, by: "nothing" };
}

/**
 * Whether a topic filter takes a topic in (MQTT 5, 4.7), both valid.
 *
 * `a/#` takes `a` in too, and `+` an empty level; wildcards do not reach topics that begin with `$`.
 */
export function filterMatches(filter: string, topic: string): boolean {
  return levelsMatch(filter, topic, (wanted, given) => wanted === given);
}

/**
 * Whether a pattern takes a topic in for one client, whose names it compares with one whole level.
 *
 * So a name with a `/` in it never matches, nor does an empty one; and a name that begins with `$` opens no topic
 * that begins so, since it is the pattern's own first character that counts.
 */
export function patternMatches(filter: string, topic: string, client: ClientIdentity): boolean {
  return levelsMatch(filter, topic, (wanted, given) => {
    if (wanted === "%u") return given !== "" && given === client.username;
    if (wanted === "%c") return given !== "" && given === client.clientId;
    return wanted === given;
  });
}

function levelsMatch(
  filter: string,
  topic: string,
  same: (wanted: string, given: string) => boolean,
): boolean {
  if (filter.startsWith("$") !== topic.startsWith("$")) return false;
  const [wanted, given] = [filter.split("/"), topic.split("/")];
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    const found = given[index];
    if (found === undefined || (level !== "+" && !same(level, found))) return false;
  }
  return wanted.length === given.length;
}

/** The rule that decides. Mosquitto puts each deny at the front as it reads the file, so of two the later comes first. */
function decisive(
  rules: readonly AccessRule[],
  access: "read" | "write",
  matches: (rule: AccessRule) => boolean,
): AccessRule | undefined {
  const decides: readonly AccessRule["access"][] = [access, "readwrite"];
  return (
    rules.findLast((rule) => rule.access === "deny" && matches(rule)) ??
    rules.find((rule) => decides.includes(rule.access) && matches(rule))
  );
}

/** Topics that the broker decides about before it asks any plugin. */
function isReserved(topic: string, access: "read" | "write"): boolean {
  if (topic.startsWith("$SYS"))
    return access === "write" && !filterMatches("$SYS/broker/connection/+/state", topic);
  return topic.startsWith("$share");
}
