import { z } from "zod";
import { type AccessRule, accesses } from "../mosquitto/acl.ts";
import { hasPlaceholder, patternFault } from "../mosquitto/pattern.ts";
import type { Rights } from "../mosquitto/role.ts";
import { reservedTopicFault, topicFilterFault } from "../mosquitto/topic-filter.ts";
import { rules, section } from "./setting-rules.ts";

type Access = (typeof accesses)[number];

type Fault = (filter: string, access: Access) => string | undefined;

/** A list of filters, each with what is wrong with it. */
function filterList(access: Access, faultOf: Fault, example: string) {
  const filter = z.string("a topic filter is a text").superRefine((value, context) => {
    const fault = topicFilterFault(value) ?? reservedTopicFault(value, access) ?? faultOf(value, access);
    if (fault === undefined) return;
    context.addIssue({ code: "custom", message: fault, input: value, params: { example } });
  });
  return z.array(filter, rules.list.allowed).optional();
}

function lists<Kind extends Access>(kinds: readonly Kind[], faultOf: Fault, example: string) {
  const entries = kinds.map((access) => [access, filterList(access, faultOf, example)]);
  return Object.fromEntries(entries) as Record<Kind, ReturnType<typeof filterList>>;
}

const topicFault: Fault = (filter) => (hasPlaceholder(filter) ? rules.placeholder.allowed : undefined);

const userPatternFault: Fault = (filter) =>
  patternFault(filter) ?? (hasPlaceholder(filter, "client") ? rules.clientPattern.allowed : undefined);

/** Beyond its own lines, a user's allow is looked at before any pattern's deny. */
const sharedPatternFault: Fault = (filter, access) =>
  patternFault(filter) ??
  (access === "deny" && hasPlaceholder(filter, "client") ? rules.clientDeny.allowed : undefined);

/** The keys of rights, as users and roles have them. */
export const rightsKeys = Object.freeze({
  ...lists(accesses, topicFault, "naboom/topic"),
  /** Filters with `%u`, which stands for the user's name. */
  patterns: section(lists(accesses, userPatternFault, "naboom/users/%u/#")).prefault({}),
  /** The roles whose rights come on top. @default none */
  roles: z.array(z.string(rules.roleName.allowed), rules.list.allowed).default([]),
});

/** Patterns that hold for every user. @default none */
export const sharedPatterns = section(lists(accesses, sharedPatternFault, "naboom/devices/%c/#"))
  .transform(toRules)
  .prefault({});

/** A role: rights that several users share. */
export const roleSettings = z
  .record(
    z.string(),
    section(rightsKeys).transform(
      ({ patterns, roles, ...given }): Rights => ({
        rules: toRules(given),
        patterns: toRules(patterns),
        roles,
      }),
    ),
    rules.object.allowed,
  )
  .prefault({});

type Lists = Readonly<Partial<Record<Access, readonly string[] | undefined>>>;

/** One rule for each filter of each list. */
export function toRules(given: Lists): readonly AccessRule[] {
  return accesses.flatMap((access) => (given[access] ?? []).map((filter) => ({ access, filter })));
}
