import type { AccessRule } from "../mosquitto/acl.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import { hasPlaceholder } from "../mosquitto/pattern.ts";
import { type GrantedRule, grantedRules, type Rights, type Roles } from "../mosquitto/role.ts";
import { namesOn } from "./listener-settings.ts";
import { toRights, toRules } from "./rights-settings.ts";
import type { UserSettings, WrittenUser } from "./user-settings.ts";

/** What of the config is about access, as it is written. */
export interface WrittenAccess {
  readonly users: Readonly<Record<string, WrittenUser>>;
  readonly roles: Readonly<Record<string, unknown>>;
  /** Patterns that hold for every user. */
  readonly patterns: unknown;
  /** The listeners, of which some may be off. */
  readonly listeners: unknown;
}

/** What of the settings is about access. */
export interface Access {
  readonly users: Readonly<Record<string, UserSettings>>;
  readonly roles: Roles;
  /** The patterns with `%c`, which are left to the broker. */
  readonly patterns: readonly AccessRule[];
}

/**
 * Gives every user the rules of its roles and of everybody's patterns.
 *
 * A pattern with `%u` alone becomes a rule of each user, so that a deny in it wins as any deny does, and that
 * the second account of an overlapping rotation has the same topics as the first.
 */
export function resolveAccess(written: WrittenAccess): Access {
  const roles = toRoles(written.roles);
  const patterns = toRules(written.patterns, "sharedPatterns");
  const on = namesOn(written.listeners);
  const users = Object.entries(written.users).map(([name, user]) => [
    name,
    toUser(user, on, rulesOf(name, toRights(user), roles, patterns)),
  ]);
  return {
    users: Object.fromEntries(users),
    roles,
    patterns: patterns.filter(({ filter }) => hasPlaceholder(filter, "client")),
  };
}

/** Every role's rights; what is wrong among them is passed over. */
export function toRoles(given: unknown): Roles {
  return Object.fromEntries(Object.entries(Object(given)).map(([name, role]) => [name, toRights(role)]));
}

/** The rules that a user has of its own, by its roles and by everybody's patterns but those with `%c`. */
export function rulesOf(
  name: string,
  rights: Rights,
  roles: Roles,
  patterns: readonly AccessRule[],
): readonly GrantedRule[] {
  const shared = patterns.filter(({ filter }) => !hasPlaceholder(filter, "client"));
  return grantedRules(name, { ...rights, patterns: [...rights.patterns, ...shared] }, roles);
}

function toUser(user: WrittenUser, on: readonly ListenerName[], rules: readonly GrantedRule[]): UserSettings {
  const { roles, listeners = on, generation, rotation, overlapSince, retired, seeds, ...others } = user;
  const { connections, certificateGeneration } = others;
  return {
    listeners: on.filter((name) => listeners.includes(name)),
    certificateGeneration,
    connections,
    generation,
    rotation,
    overlapSince: Math.min(overlapSince, generation),
    retired,
    // Absent where it is not given: the broker's record of earlier users has no such key.
    ...(seeds === undefined ? {} : { seeds }),
    roles,
    rules,
  };
}
