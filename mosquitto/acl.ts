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

/**
 * Renders the ACL file: a section for each user, and nothing before the first `user` line, since rules
 * there would be for anonymous clients (mosquitto.conf(5), `acl_file`).
 */
export function renderAcl(users: readonly UserAccess[]): string {
  return users.map(section).join("\n");
}

function section({ name, rules }: UserAccess): string {
  const lines = [`user ${name}`, ...rules.map((rule) => `topic ${rule.access} ${rule.filter}`)];
  return `${lines.join("\n")}\n`;
}
