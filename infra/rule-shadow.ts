import { filterCovers } from "../mosquitto/filter-cover.ts";
import type { GrantedRule } from "../mosquitto/role.ts";
import { accessesOf } from "./rule-breadth.ts";

/** What makes a rule of a user one that could as well not be there. */
export interface Shadow {
  /** Whether a deny takes all of it away; else other rules give or take all of it as well. */
  readonly denied: boolean;
  /** One rule, or for a readwrite that is covered in two halves, two. */
  readonly by: readonly GrantedRule[];
}

/**
 * Each of a user's rules that is wholly covered: an allow by a deny, or any rule by others of its kind.
 *
 * All that are named can go at once, and the user can do what it could before: of two that cover each other only
 * the later one is named.
 */
export function shadows(rules: readonly GrantedRule[]): ReadonlyMap<GrantedRule, Shadow> {
  const denied = rules.filter((rule) => rule.access !== "deny" && denyOver(rule, rules) !== undefined);
  const live = new Set(rules.filter((rule) => !denied.includes(rule)));
  const spare = [...live].reverse().sort((a, b) => accessesOf(a).length - accessesOf(b).length);
  const dropped = spare.filter((rule) => {
    live.delete(rule);
    if (coverOf(rule, [...live]) !== undefined) return true;
    live.add(rule);
    return false;
  });
  // Named last, so that no rule is said to be covered by one that is to go as well.
  const left = rules.filter((rule) => live.has(rule));
  const found = new Map<GrantedRule, Shadow>();
  for (const rule of denied) {
    const deny = denyOver(rule, left);
    if (deny !== undefined) found.set(rule, { denied: true, by: [deny] });
  }
  for (const rule of dropped) {
    const by = coverOf(rule, left);
    if (by !== undefined) found.set(rule, { denied: false, by });
  }
  return found;
}

function denyOver({ filter }: GrantedRule, rules: readonly GrantedRule[]): GrantedRule | undefined {
  return rules.find((rule) => rule.access === "deny" && filterCovers(rule.filter, filter));
}

/** For each thing that a rule lets do, or forbids, another rule that does it on all its topics; none if one is left. */
function coverOf(rule: GrantedRule, others: readonly GrantedRule[]): readonly GrantedRule[] | undefined {
  const found = accessesOf(rule).map((access) =>
    others.find((other) => accessesOf(other).includes(access) && filterCovers(other.filter, rule.filter)),
  );
  const covers = found.filter((other) => other !== undefined);
  return covers.length === found.length ? [...new Set(covers)] : undefined;
}
