import type { Access } from "./acl.ts";

/** The longest UTF-8 string that MQTT can carry, in bytes (MQTT 5, 1.5.4). */
const MAXIMUM_BYTES = 65_535;

/** More slashes, and a broker of 2.1 refuses the whole file (`TOPIC_HIERARCHY_LIMIT`, config.h). */
const MAXIMUM_SLASHES = 200;

/** Code points that are for good no characters, which a broker refuses in topics (MQTT 5, 1.5.4). */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

/**
 * Says what is wrong with a topic filter, or nothing when it is one.
 *
 * The rules are those of MQTT 5, 4.7.1 to 4.7.3; line breaks and outer white space are refused beside
 * them, since an ACL file holds one filter a line and Mosquitto trims it.
 */
export function topicFilterFault(filter: string): string | undefined {
  if (filter === "") return "a topic filter has at least one character";
  if (Buffer.byteLength(filter, "utf8") > MAXIMUM_BYTES) return "a topic filter has at most 65,535 bytes";
  if (!filter.isWellFormed()) return "a topic filter is well-formed Unicode";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(filter)) return "a topic filter has no control characters";
  if (NONCHARACTER.test(filter))
    return "a topic filter has no code points that Unicode keeps free of characters";
  if (filter !== filter.trim()) return "a topic filter neither begins nor ends with white space";
  const levels = filter.split("/");
  if (levels.length > MAXIMUM_SLASHES + 1) return "a topic filter has at most 200 slashes";
  if (levels.some((level) => level.includes("+") && level !== "+")) return "`+` fills a whole level";
  if (levels.some((level) => level.includes("#") && level !== "#")) return "`#` fills a whole level";
  if (levels.slice(0, -1).includes("#")) return "`#` stands at the end only";
  return undefined;
}

/**
 * Says why a rule on reserved topics could never take effect, or nothing where it can.
 *
 * The broker itself refuses every write under `$SYS`, and a shared subscription is decided by the topic of
 * each message, which has no `$share` (MQTT 5, 4.8.2).
 */
export function reservedTopicFault(filter: string, access: Access): string | undefined {
  if (/^\$SYS(\/|$)/.test(filter) && (access === "write" || access === "readwrite")) {
    return "the broker lets nobody write under $SYS; a right to it is read";
  }
  if (/^\$share(\/|$)/.test(filter)) {
    return "a shared subscription needs a right to the topics behind $share/<group>/, and none to $share itself";
  }
  return undefined;
}
