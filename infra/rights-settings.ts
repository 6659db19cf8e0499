import { z } from "zod";
import { type AccessRule, accesses } from "../mosquitto/acl.ts";
import { hasPlaceholder, patternFault } from "../mosquitto/pattern.ts";
import type { Rights } from "../mosquitto/role.ts";
import { reservedTopicFault, topicFilterFault } from "../mosquitto/topic-filter.ts";
import { rules, section } from "./setting-rules.ts";

type Access = (typeof accesses)[number];

type Fault = (filter: string, access: Access) => string | undefined;

/** Where filters stand, and what is wrong with one there. */
const faults = Object.freeze({
  topics: (filter) => (hasPlaceholder(filter) ? rules.placeholder.allowed : undefined),
  userPatterns: (filter) =>
    patternFault(filter) ?? (hasPlaceholder(filter, "client") ? rules.clientPattern.allowed : undefined),
  // Beyond its own lines, a user's allow is looked at before any pattern's deny.
  sharedPatterns: (filter, access) =>
    patternFault(filter) ??
    (access === "deny" && hasPlaceholder(filter, "client") ? rules.clientDeny.allowed : undefined),
}) satisfies Readonly<Record<string, Fault>>;

type Kind = keyof typeof faults;

function filterFault(filter: string, access: Access, kind: Kind): string | undefined {
  const faultOf: Fault = faults[kind];
  return topicFilterFault(filter) ?? reservedTopicFault(filter, access) ?? faultOf(filter, access);
}

/** Lists of filters by access, each filter with what is wrong with it. */
function lists(kind: Kind) {
  const list = (access: Access) => {
    const filter = z.string("a topic filter is a text").superRefine((value, context) => {
      const message = filterFault(value, access, kind);
      if (message !== undefined) context.addIssue({ code: "custom", message, input: value });
    });
    return z.array(filter, rules.list.allowed).optional();
  };
  const entries = accesses.map((access) => [access, list(access)]);
  return Object.fromEntries(entries) as Record<Access, ReturnType<typeof list>>;
}

/** The keys of rights, as users and roles have them. */
export const rightsKeys = Object.freeze({
  ...lists("topics"),
  /** Filters with `%u`, which stands for the user's name. */
  patterns: section(lists("userPatterns")).prefault({}),
  /** The roles whose rights come on top. @default none */
  roles: z.array(z.string(rules.roleName.allowed), rules.list.allowed).default([]),
});

/** Patterns that hold for every user. @default none */
export const sharedPatterns = section(lists("sharedPatterns")).prefault({});

/** Roles: rights that several users share. @default none */
export const roleSettings = z.record(z.string(), section(rightsKeys), rules.object.allowed).prefault({});

/** The rights that are written in a user's settings, or a role's; what is wrong among them is passed over. */
export function toRights(given: unknown): Rights {
  const { patterns, roles } = (isObject(given) ? given : {}) as Readonly<Record<string, unknown>>;
  return {
    rules: toRules(given, "topics"),
    patterns: toRules(patterns, "userPatterns"),
    roles: texts(roles),
  };
}

/** One rule for each filter of each list; what is wrong among them is passed over. */
export function toRules(given: unknown, kind: Kind): readonly AccessRule[] {
  const byAccess = (isObject(given) ? given : {}) as Readonly<Record<string, unknown>>;
  return accesses.flatMap((access) =>
    texts(byAccess[access])
      .filter((filter) => filterFault(filter, access, kind) === undefined)
      .map((filter) => ({ access, filter })),
  );
}

function texts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
