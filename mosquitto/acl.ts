/** What a rule allows or forbids; `deny` wins wherever it stands. */
export const accesses = ["read", "write", "readwrite", "deny"] as const;

export type Access = (typeof accesses)[number];

/** One line of a user's rights. */
export interface AccessRule {
  readonly access: Access;
  /** A topic filter (MQTT 5, 4.7). */
  readonly filter: string;
}

export interface UserAccess {
  readonly name: string;
  readonly rules: readonly AccessRule[];
}

/** All that the broker decides by. */
export interface AccessControlList {
  readonly users: readonly UserAccess[];
  /** Rules for every user, in whose filters `%c` stands for the client id and `%u` for the user name. */
  readonly patterns: readonly AccessRule[];
}

/**
 * Renders the ACL file: a section for each user, and nothing before the first `user` line, since rules
 * there would be for anonymous clients (mosquitto.conf(5), `acl_file`); patterns, which are nobody's, last.
 */
export function renderAcl({ users, patterns }: AccessControlList): string {
  const rules = patterns.map(({ access, filter }) => `pattern ${access} ${filter}\n`).join("");
  return [...users.map(section), ...(rules === "" ? [] : [rules])].join("\n");
}

function section({ name, rules }: UserAccess): string {
  const lines = [`user ${name}`, ...rules.map((rule) => `topic ${rule.access} ${rule.filter}`)];
  return `${lines.join("\n")}\n`;
}
