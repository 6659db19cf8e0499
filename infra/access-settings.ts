import type { z } from "zod";
import type { AccessRule } from "../mosquitto/acl.ts";
import {
  type ClientCertificateUses,
  certificateListeners,
  needsCertificate,
  noClientCertificates,
  useOn,
} from "../mosquitto/client-certificate.ts";
import type { ClientIdChoice } from "../mosquitto/client-id.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import { hasPlaceholder } from "../mosquitto/pattern.ts";
import {
  contradictions,
  type GrantedRule,
  grantedRules,
  type Rights,
  type Roles,
  refersToItself,
} from "../mosquitto/role.ts";
import { rules } from "./setting-rules.ts";
import { isName, type UserSettings, type WrittenUser } from "./user-settings.ts";

/** What of the config is about access, as it is written. */
export interface WrittenAccess {
  readonly users: Readonly<Record<string, WrittenUser>>;
  readonly roles: Roles;
  /** Patterns that hold for every user. */
  readonly patterns: readonly AccessRule[];
  readonly clientCertificates: ClientCertificateUses;
  readonly clientIds: ClientIdChoice;
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
export function resolveAccess({ users, roles, patterns }: WrittenAccess): Access {
  const entries = Object.entries(users).map(([name, { rights, ...state }]) => [
    name,
    { ...state, roles: rights.roles, rules: rulesOf(name, rights, roles, patterns) },
  ]);
  return {
    users: Object.fromEntries(entries),
    roles,
    patterns: patterns.filter(({ filter }) => hasPlaceholder(filter, "client")),
  };
}

/**
 * Says of roles and of users what is wrong with how they refer to each other: unknown roles, roles that refer
 * to themselves, and rules that contradict.
 *
 * It is called where parts have mistakes of their own as well, and passes over those.
 */
export function checkAccess(given: Partial<WrittenAccess>, context: z.RefinementCtx): void {
  const roles = wholeOnes(given.roles, isRights);
  for (const [name, rights] of Object.entries(roles)) {
    if (!isName(name)) refuse(context, ["roles", name], rules.roleName.allowed);
    checkRoleNames(["roles", name], rights, given.roles ?? {}, context);
    if (refersToItself(name, roles)) refuse(context, ["roles", name, "roles"], SELF, rights.roles);
  }
  const uses = given.clientCertificates ?? noClientCertificates;
  checkClientIds(given, uses, context);
  const users = wholeOnes(given.users, (user) => isRights((user as Partial<WrittenUser>)?.rights));
  const patterns = Array.isArray(given.patterns) ? given.patterns : [];
  for (const [name, { rights, rotation, listeners, connections }] of Object.entries(users)) {
    if (connections > 1 && given.clientIds !== "own") {
      refuse(context, ["users", name, "connections"], rules.freeWorkers.allowed, connections);
    }
    checkRoleNames(["users", name], rights, given.roles ?? {}, context);
    const found = contradictions(rulesOf(name, rights, roles, patterns));
    for (const { allow, deny } of found) {
      const message = `${describe(deny)} contradicts ${describe(allow)}; one of the two has to go`;
      refuse(context, ["users", name], message);
    }
    if (rotation === "overlap" && patterns.some(isPerUserAndClient)) {
      refuse(context, ["users", name, "rotation"], TWO_NAMES, rotation);
    }
    checkCertificateListeners(name, listeners, uses, context);
  }
}

/** What own client ids, and certificates as the identity, leave no room for. */
function checkClientIds(
  { clientIds, patterns }: Partial<WrittenAccess>,
  uses: ClientCertificateUses,
  context: z.RefinementCtx,
): void {
  const identity = certificateListeners.some((name) => uses[name] === "identity");
  const own = clientIds === "own";
  if (own && identity) refuse(context, ["clientIds"], rules.ownIdentity.allowed, clientIds);
  if (!(own || identity) || !Array.isArray(patterns)) return;
  for (const { access, filter } of patterns.filter(isPerUserAndClient)) {
    refuse(context, ["patterns", access], ACCOUNT_NAMES, filter);
  }
}

/** With identity, the broker lets in whoever has a certificate, and looks at no list of users. */
function checkCertificateListeners(
  name: string,
  listeners: readonly ListenerName[],
  uses: ClientCertificateUses,
  context: z.RefinementCtx,
): void {
  if (!needsCertificate(listeners, uses)) return;
  const missing = listenerNames.filter(
    (listener) => useOn(listener, uses) === "identity" && !listeners.includes(listener),
  );
  if (missing.length === 0) return;
  const message = `with identity, its certificate would let it in on ${missing.join(" and ")} as well; list that too, or none with certificates`;
  refuse(context, ["users", name, "listeners"], message, listeners);
}

const SELF = "a role does not refer to itself, nor through others";

const TWO_NAMES =
  "a pattern with both %u and %c has the account's name in it, which changes with an overlapping rotation; it is replace here";

const ACCOUNT_NAMES =
  "with own client ids, or with certificates as the identity, %u and %c are names of accounts; one of the two is enough in a pattern";

function isPerUserAndClient({ filter }: AccessRule): boolean {
  return hasPlaceholder(filter, "user") && hasPlaceholder(filter, "client");
}

function rulesOf(
  name: string,
  rights: Rights,
  roles: Roles,
  patterns: readonly AccessRule[],
): readonly GrantedRule[] {
  const shared = patterns.filter(({ filter }) => !hasPlaceholder(filter, "client"));
  return grantedRules(name, { ...rights, patterns: [...rights.patterns, ...shared] }, roles);
}

function checkRoleNames(
  path: readonly string[],
  { roles: names }: Rights,
  roles: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
): void {
  const known = Object.keys(roles);
  for (const [index, name] of names.entries()) {
    if (Object.hasOwn(roles, name)) continue;
    const there = known.length === 0 ? "there is none" : `there is ${known.join(", ")}`;
    const message = `it is no role of naboom-mqtt:roles, where ${there}`;
    refuse(context, [...path, "roles", index], message, name);
  }
}

function describe({ access, filter, role, pattern }: GrantedRule): string {
  return `${access} ${pattern ?? filter} (${role === undefined ? "its own" : `role ${role}`})`;
}

function refuse(
  context: z.RefinementCtx,
  path: readonly (string | number)[],
  message: string,
  input?: unknown,
): void {
  context.addIssue({ code: "custom", message, path: [...path], input });
}

/** The entries that have no mistake of their own. */
function wholeOnes<Value>(
  entries: Readonly<Record<string, Value>> | undefined,
  isWhole: (value: unknown) => boolean,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([, value]) => isWhole(value)));
}

function isRights(value: unknown): boolean {
  const { rules: list, patterns, roles } = (value ?? {}) as Partial<Rights>;
  return Array.isArray(list) && Array.isArray(patterns) && Array.isArray(roles);
}
