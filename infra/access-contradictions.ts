import { type Contradiction, contradictions, type GrantedRule, grantedRules } from "../mosquitto/role.ts";
import type { AccessFault } from "./access-faults.ts";
import { rulesOf, toRoles } from "./access-settings.ts";
import { visible } from "./mend.ts";
import { type Mend, removal, type SettingPath, type Step, valueAt } from "./mend-plan.ts";
import { toRights, toRules } from "./rights-settings.ts";

/** A user, and two of its rules of which one allows what the other denies. */
interface Found extends Contradiction {
  readonly user: string;
}

/**
 * Every two rules of one user that contradict, each where it is mended: at the allow, which the deny has made
 * void, so that its removal gives and takes no right.
 */
export function accessContradictions(given: unknown): readonly AccessFault[] {
  const shared = sharedBy(given);
  const all = Object.keys(Object(valueAt(given, ["users"]))).map((user) => {
    const held = heldBy(user, given, shared);
    return { held, found: contradictions(held).map((found) => ({ ...found, user })) };
  });
  const held = all.flatMap((one) => one.held);
  const found = all.flatMap((one) => one.found);
  const faults = found.map((one) => faultOf(one, given, isVoidForAll(one.allow, held, found)));
  const unique = new Map(faults.map((fault) => [JSON.stringify([fault.path, fault.message]), fault]));
  return [...unique.values()];
}

function faultOf({ user, allow, deny }: Found, given: unknown, isVoid: boolean): AccessFault {
  const message = `${describe(deny)} contradicts ${describe(allow)}; one of the two has to go`;
  const place = placeOf(user, allow, given);
  if (isVoid || place[0] === "users")
    return { path: place, message, input: text(allow), mend: removal(place) };
  if (allow.role === undefined)
    return { path: place, message, input: text(allow), mend: handedOut(place, given) };
  const role = roleThatBrings(user, allow, given);
  const path = ["users", user, "roles", rolesOf(user, given).indexOf(role)];
  return { path, message, input: role, mend: detached(user, role, allow) };
}

/** What users share: read once, since it may be much and they many. */
function sharedBy(given: unknown) {
  return {
    roles: toRoles(valueAt(given, ["roles"])),
    patterns: toRules(valueAt(given, ["patterns"]), "sharedPatterns"),
  };
}

function heldBy(user: string, given: unknown, shared: ReturnType<typeof sharedBy>): readonly GrantedRule[] {
  return rulesOf(user, toRights(valueAt(given, ["users", user])), shared.roles, shared.patterns);
}

/** Whether all who have an allow from where it is written have the deny as well. */
function isVoidForAll(allow: GrantedRule, held: readonly GrantedRule[], found: readonly Found[]): boolean {
  const isSame = (other: GrantedRule) => key(other) === key(allow);
  return (
    held.filter(isSame).length ===
    new Set(found.filter((one) => isSame(one.allow)).map((one) => one.allow)).size
  );
}

function key(rule: GrantedRule): string {
  return JSON.stringify([rule.role, rule.access, text(rule)]);
}

/** Where a user's rule is written. */
function placeOf(user: string, rule: GrantedRule, given: unknown): SettingPath {
  const list = rule.pattern === undefined ? [rule.access] : ["patterns", rule.access];
  const owner = rule.role === undefined ? ["users", user] : ["roles", rule.role];
  const places = [[...owner, ...list], list].map((path) => [...path, indexIn(path, text(rule), given)]);
  return places.find((path) => path.at(-1) !== -1) ?? [...owner, ...list];
}

function indexIn(path: SettingPath, filter: string, given: unknown): number {
  const list = valueAt(given, path);
  return Array.isArray(list) ? list.indexOf(filter) : -1;
}

function rolesOf(user: string, given: unknown): readonly string[] {
  const roles = valueAt(given, ["users", user, "roles"]);
  return Array.isArray(roles) ? roles : [];
}

/** The role among a user's own that an allow comes by, directly or through others. */
function roleThatBrings(user: string, allow: GrantedRule, given: unknown): string {
  const brings = (role: string) => rulesBy(role, user, given).some((rule) => key(rule) === key(allow));
  return rolesOf(user, given).find(brings) ?? "";
}

function rulesBy(role: string, user: string, given: unknown): readonly GrantedRule[] {
  return grantedRules(user, { rules: [], patterns: [], roles: [role] }, toRoles(valueAt(given, ["roles"])));
}

/** Gives a user all that a role brings but one allow, so that others who have the role keep it. */
function detached(user: string, role: string, allow: GrantedRule): Mend {
  return {
    order: "move",
    steps: (config) => {
      const index = rolesOf(user, config).indexOf(role);
      if (index < 0) return [];
      const kept = rulesBy(role, user, config).filter((rule) => key(rule) !== key(allow));
      return [...additions(user, kept, config), { remove: ["users", user, "roles", index] }];
    },
  };
}

/** Gives everybody's pattern to each user whom no deny keeps from it. */
function handedOut(place: SettingPath, given: unknown): Mend {
  const filter = valueAt(given, place);
  return {
    order: "move",
    steps: (config) => {
      const list = place.slice(0, -1);
      const index = indexIn(list, `${filter}`, config);
      if (index < 0) return [];
      const shared = sharedBy(config);
      const sets = Object.keys(Object(valueAt(config, ["users"]))).flatMap((user) => {
        const held = heldBy(user, config, shared);
        const denied = new Set(contradictions(held).map(({ allow }) => key(allow)));
        const rules = held.filter((rule) => key(rule) === JSON.stringify([undefined, list.at(-1), filter]));
        return additions(
          user,
          rules.filter((rule) => !denied.has(key(rule))),
          config,
        );
      });
      return [...sets, { remove: [...list, index] }];
    },
  };
}

/** Sets that put rules behind those that a user has of its own. */
function additions(user: string, rules: readonly GrantedRule[], config: unknown): readonly Step[] {
  const lengths = new Map<string, number>();
  return rules.flatMap((rule) => {
    const list = ["users", user, ...(rule.pattern === undefined ? [] : ["patterns"]), rule.access];
    const there = valueAt(config, list);
    if (Array.isArray(there) && there.includes(text(rule))) return [];
    const index = lengths.get(list.join()) ?? (Array.isArray(there) ? there.length : 0);
    lengths.set(list.join(), index + 1);
    return [{ set: [...list, index], to: text(rule) }];
  });
}

/** A rule's filter as it was written. */
function text({ filter, pattern }: GrantedRule): string {
  return pattern ?? filter;
}

function describe(rule: GrantedRule): string {
  return `${rule.access} ${visible(text(rule))} (${rule.role === undefined ? "its own" : `role ${visible(rule.role)}`})`;
}
