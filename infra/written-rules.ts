import type { AccessRule } from "../mosquitto/acl.ts";
import type { GrantedRule } from "../mosquitto/role.ts";
import type { Access } from "./access-settings.ts";

/** A rule that a user has, and whose it is. */
export interface HeldRule {
  readonly user: string;
  readonly rule: GrantedRule;
}

/** A rule as somebody wrote it, once, and all the users that have it. */
export interface WrittenRule extends AccessRule {
  /** As it was written, with placeholders. */
  readonly filter: string;
  readonly place: Place;
  /** Empty for a pattern with `%c`, which the broker applies to everyone itself. */
  readonly held: readonly HeldRule[];
}

/** Where a rule stands: with a user, in a role, or among everybody's patterns. */
export type Place =
  | { readonly kind: "user"; readonly name: string }
  | { readonly kind: "role"; readonly name: string }
  | { readonly kind: "everyone" };

/**
 * Every rule of a policy where it was written, users first, then roles, then everybody's patterns.
 *
 * A policy gives users their rules resolved, so a pattern that each of several users has is taken for everybody's.
 */
export function writtenRules(access: Access): readonly WrittenRule[] {
  const users = Object.entries(access.users);
  const all = users.flatMap(([user, { rules }]) => rules.map((rule) => ({ user, rule })));
  const everyones = sharedByAll(all, users.length);
  const placeOf = ({ user, rule }: HeldRule): Place => {
    if (rule.role !== undefined) return { kind: "role", name: rule.role };
    return everyones.has(written(rule)) ? { kind: "everyone" } : { kind: "user", name: user };
  };
  const groups = new Map<string, WrittenRule & { held: HeldRule[] }>();
  const enter = (place: Place, rule: GrantedRule, held: readonly HeldRule[]) => {
    const key = `${JSON.stringify(place)} ${written(rule)}`;
    const group = groups.get(key);
    if (group !== undefined) group.held.push(...held);
    else
      groups.set(key, { access: rule.access, filter: rule.pattern ?? rule.filter, place, held: [...held] });
  };
  for (const one of all) enter(placeOf(one), one.rule, [one]);
  for (const [name, { rules, patterns }] of Object.entries(access.roles)) {
    for (const rule of [...rules, ...patterns]) enter({ kind: "role", name }, rule, []);
  }
  for (const rule of access.patterns) enter({ kind: "everyone" }, rule, []);
  return [...groups.values()];
}

/** A rule as it was written, for people and to tell two apart. */
export function written({ access, filter, pattern }: GrantedRule): string {
  return `${access} ${pattern ?? filter}`;
}

function sharedByAll(all: readonly HeldRule[], users: number): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { rule } of all) {
    if (rule.pattern === undefined || rule.role !== undefined) continue;
    counts.set(written(rule), (counts.get(written(rule)) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > 1 && count === users).map(([key]) => key));
}
