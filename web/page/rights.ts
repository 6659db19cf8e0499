import type { AccessRule } from "./account-access.ts";

/** How much of a topic filter an account may read. */
export type Readable = "all" | "some" | "none";

/** Whether rules let an account write to a topic; `deny` wins wherever it stands. */
export function mayWrite(rules: readonly AccessRule[], topic: string): boolean {
  const matching = rules.filter(({ filter }) => covers(filter, topic)).map(({ access }) => access);
  return !matching.includes("deny") && (matching.includes("write") || matching.includes("readwrite"));
}

/** How much of what a filter asks for reaches an account; the broker grants every subscription, and withholds the rest. */
export function readable(rules: readonly AccessRule[], filter: string): Readable {
  const denials = rules.filter(({ access }) => access === "deny");
  const allowances = rules.filter(({ access }) => access === "read" || access === "readwrite");
  if (denials.some((rule) => covers(rule.filter, filter))) return "none";
  if (!allowances.some((rule) => overlaps(rule.filter, filter))) return "none";
  const whole = allowances.some((rule) => covers(rule.filter, filter));
  return whole && !denials.some((rule) => overlaps(rule.filter, filter)) ? "all" : "some";
}

/**
 * Whether every topic of the inner filter is one of the outer's; a topic is a filter without wildcards.
 *
 * Wildcards at the first level do not reach topics that begin with `$`, and `a/#` takes in `a` (MQTT 5, 4.7).
 */
export function covers(outer: string, inner: string): boolean {
  const [wide, narrow] = [outer.split("/"), inner.split("/")];
  if (isHidden(wide, narrow)) return false;
  for (const [index, level] of wide.entries()) {
    if (level === "#") return true;
    const other = narrow[index];
    if (other === undefined || other === "#" || (level !== "+" && level !== other)) return false;
  }
  return wide.length === narrow.length;
}

/** Whether there is a topic that both filters take in. */
export function overlaps(one: string, other: string): boolean {
  const [left, right] = [one.split("/"), other.split("/")];
  if (isHidden(left, right) || isHidden(right, left)) return false;
  for (let index = 0; ; index += 1) {
    const [a, b] = [left[index], right[index]];
    if (a === "#" || b === "#") return true;
    if (a === undefined || b === undefined) {
      // `a/#` takes in `a` as well.
      return a === b;
    }
    if (a !== b && a !== "+" && b !== "+") return false;
  }
}

/** Rules with the names of an account and its client put in where they have places for them (mosquitto.conf(5), acl_file). */
export function resolve(
  rules: readonly AccessRule[],
  account: string,
  clientId: string,
): readonly AccessRule[] {
  const names: Readonly<Record<string, string>> = { "%u": account, "%c": clientId };
  return rules.map(({ access, filter, placeholders }) => {
    return {
      access,
      filter: placeholders ? filter.replace(/%[uc]/g, (place) => names[place] ?? "") : filter,
    };
  });
}

function isHidden(wide: readonly string[], narrow: readonly string[]): boolean {
  return (narrow[0] ?? "").startsWith("$") && (wide[0] === "#" || wide[0] === "+");
}

/** More slashes, and a broker of 2.1 ends the connection (`TOPIC_HIERARCHY_LIMIT`, config.h). */
const MAXIMUM_SLASHES = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Code points that are no characters, alone or for good, which no text of MQTT may have (MQTT 5, 1.5.4). */
const NO_CHARACTER = /[\p{Noncharacter_Code_Point}\p{Surrogate}]/u;

/**
 * What is wrong with a topic filter, or with a topic to publish to; undefined if nothing is.
 *
 * The rules are those of MQTT 5, 1.5.4, 4.7.1, 4.7.3 and 4.8.2, and the broker's own. For what breaks them it mostly
 * ends the connection, and with it whatever else is watched.
 */
export function topicFault(text: string, kind: "filter" | "topic"): string | undefined {
  if (text === "") return `A ${kind} has at least one character.`;
  if (new TextEncoder().encode(text).length > 65_535) return `A ${kind} has at most 65,535 bytes.`;
  if (CONTROL.test(text)) return `A ${kind} has no control characters.`;
  if (NO_CHARACTER.test(text)) return `A ${kind} has no code points that Unicode keeps free of characters.`;
  const levels = text.split("/");
  if (levels.length > MAXIMUM_SLASHES + 1) return `A ${kind} has at most ${MAXIMUM_SLASHES} slashes.`;
  if (kind === "topic") return /[+#]/.test(text) ? "A topic to publish to has no + and no #." : undefined;
  if (levels.some((level) => level.includes("+") && level !== "+")) return "A + fills a whole level.";
  if (levels.some((level, index) => level.includes("#") && (level !== "#" || index < levels.length - 1))) {
    return "A # fills the last level.";
  }
  return levels[0] === "$share" ? sharingFault(levels) : undefined;
}

/** What is wrong with the levels of a shared subscription's filter. */
function sharingFault([, group = "", ...filter]: readonly string[]): string | undefined {
  if (group === "" || filter.join("/") === "")
    return "A $share/ is followed by a group, a slash and a filter.";
  return /[+#]/.test(group) ? "A group of $share/ has no + and no #." : undefined;
}
