import type { AccessRule } from "./acl.ts";
import { substituteUser } from "./pattern.ts";

/** Rights as they are written. */
export interface Rights {
  /** Rules that hold as they stand. */
  readonly rules: readonly AccessRule[];
  /** Rules in whose filters `%u` stands for the user's name. */
  readonly patterns: readonly AccessRule[];
  /** The names of roles whose rights come on top. */
  readonly roles: readonly string[];
}

/** Rights by the name that several users share them under. */
export type Roles = Readonly<Record<string, Rights>>;

/** A rule that a user has, and where it was written. */
export interface GrantedRule extends AccessRule {
  /** The role that it is written in. @default the user's own rights, or the patterns of every user */
  readonly role?: string;
  /** The filter as it was written, with `%u`. @default it had none */
  readonly pattern?: string;
}

/**
 * Every rule that a user has by own rights and by roles, each access to a filter once; roles that do not
 * exist grant nothing, and a role that refers to itself grants what it does once.
 */
export function grantedRules(user: string, rights: Rights, roles: Roles): readonly GrantedRule[] {
  const rules = new Map<string, GrantedRule>();
  for (const { role, ...given } of collect(rights, roles)) {
    const written = [
      ...given.rules.map(({ access, filter }) => ({ access, filter })),
      ...given.patterns.map(({ access, filter }) => ({
        access,
        filter: substituteUser(filter, user),
        pattern: filter,
      })),
    ];
    for (const rule of written) {
      const key = `${rule.access} ${rule.filter}`;
      if (!rules.has(key)) rules.set(key, role === undefined ? rule : { ...rule, role });
    }
  }
  return [...rules.values()];
}

/** Two rules of one user of which one allows what the other denies. */
export interface Contradiction {
  readonly allow: GrantedRule;
  readonly deny: GrantedRule;
}

/** The rules for one and the same filter that allow and deny it; a deny of a part is none, but an exception. */
export function contradictions(rules: readonly GrantedRule[]): readonly Contradiction[] {
  return rules
    .filter(({ access }) => access === "deny")
    .flatMap((deny) =>
      rules
        .filter(({ access, filter }) => access !== "deny" && filter === deny.filter)
        .map((allow) => ({ allow, deny })),
    );
}

/** Whether a role has its own name among its roles, or among theirs. */
export function refersToItself(name: string, roles: Roles): boolean {
  const rights = roles[name];
  return rights !== undefined && collect(rights, roles).some(({ role }) => role === name);
}

interface Collected extends Rights {
  readonly role?: string;
}

/** Rights and those of all their roles, each once, own ones first. */
function collect(rights: Rights, roles: Roles): readonly Collected[] {
  const collected: Collected[] = [rights];
  const seen = new Set<string>();
  for (const { roles: names } of collected) {
    for (const name of names) {
      const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
      if (role === undefined || seen.has(name)) continue;
      seen.add(name);
      collected.push({ ...role, role: name });
    }
  }
  return collected;
}
