import { z } from "zod";
import { accountNames, rotations, type UserRotation } from "../mosquitto/account.ts";
import { accesses } from "../mosquitto/acl.ts";
import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import type { GrantedRule } from "../mosquitto/role.ts";
import { quoted } from "./mend.ts";
import { rightsKeys } from "./rights-settings.ts";
import { ALWAYS, rules, section, whole } from "./setting-rules.ts";
import { differenceOf, isName, likenessOf, renamed } from "./user-names.ts";

/** A user's rights, where it may log in, and the state of the rotation of its password. */
export interface UserSettings extends UserRotation {
  /** Every rule that the user has, its roles' among them. */
  readonly rules: readonly GrantedRule[];
  readonly roles: readonly string[];
  readonly listeners: readonly ListenerName[];
  /** Connections at a time, where client ids are the accounts' names. */
  readonly connections: number;
  /** Of the user's client certificate, where the stack has some. */
  readonly certificateGeneration: number;
}

const generation = whole(rules.generation, 1, 1_000_000);

const user = section({
  ...rightsKeys,
  /** The listeners that the user may log in on, of those that are on. @default all */
  listeners: z
    .array(z.enum(listenerNames, rules.listeners.allowed), rules.listeners.allowed)
    .min(1, rules.noListener.allowed)
    .optional(),
  /** Raised, the user gets a new password. @default 1 */
  generation: generation.default(1),
  /** Whether a new password replaces the old one at once, or both work for a while. @default replace */
  rotation: z.enum(rotations, rules.rotation.allowed).default("replace"),
  /** The generation at which `rotation` became `overlap`. @default 1 */
  overlapSince: generation.default(1),
  /** With `overlap`: the latest generation whose account is taken away. @default 0, none */
  retired: whole(rules.retired, 0, 1_000_000).default(0),
  /** Seeds of generations, where they have another number; `rotate` writes it. @default the generation's number */
  seeds: z.record(z.string().regex(/^[1-9]\d*$/), generation, rules.object.allowed).optional(),
  /** Connections that the user's clients have at a time, where client ids are own; each has an account. @default 1 */
  connections: whole(rules.workers, 1, 100).default(1),
  /** Raised, the user gets a new client certificate; the one before stays valid until it is revoked. @default 1 */
  certificateGeneration: generation.default(1),
}).superRefine(checkState, ALWAYS);

/** A user as the config has it, whose roles are not looked up yet. */
export type WrittenUser = z.output<typeof user>;

/** Says of a user, also of one with other mistakes, that it has no right, or that nothing is left of its accounts. */
function checkState(given: unknown, context: z.RefinementCtx): void {
  if (typeof given !== "object" || given === null) return;
  const { patterns, roles, retired, generation, ...others } = given as Readonly<Record<string, unknown>>;
  const lists = [...accesses.map((access) => others[access]), roles];
  const all = [...lists, ...(typeof patterns === "object" ? Object.values(patterns ?? {}) : [patterns])];
  // A list that is none has a mistake of its own already.
  if (all.every((list) => list === undefined || (Array.isArray(list) && list.length === 0))) {
    context.addIssue({ code: "custom", message: rules.rights.allowed, input: given });
  }
  if (typeof retired !== "number" || typeof generation !== "number" || retired < generation) return;
  context.addIssue({ code: "custom", message: rules.retired.allowed, path: ["retired"], input: retired });
}

/** The users by name. @default naboom-mqtt, who reads and writes naboom/# */
export const userSettings = z
  .record(z.string(), user, rules.object.allowed)
  .superRefine(checkNames, ALWAYS)
  .superRefine(checkLikeness, ALWAYS)
  .superRefine(checkAccounts, ALWAYS)
  .refine((users) => Object.keys(users).length > 0, rules.users.allowed)
  .prefault({ "naboom-mqtt": { readwrite: ["naboom/#"] } });

/** Says of every user's name what is wrong with it. */
function checkNames(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(Object(users))) {
    const rule = name === healthcheckAccount.name ? rules.reservedName : rules.userName;
    if (rule === rules.userName && isName(name)) continue;
    context.addIssue({ code: "custom", message: rule.allowed, path: [name], params: RENAMED });
  }
}

/** Two users that a person can't tell apart would get each other's rights in some review. */
function checkLikeness(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(Object(users))) {
    const look = likenessOf(name);
    const other = seen.get(look);
    if (other === undefined) seen.set(look, name);
    else {
      const how = `it differs from ${quoted(other)} only by case or by characters that are not seen`;
      const message = `${how} (${differenceOf(name, other)}); choose another name`;
      context.addIssue({ code: "custom", message, path: [name], params: RENAMED });
    }
  }
}

/** Two users must not meet in one account, as `web` with a second account `web-b` and a user `web-b` would. */
function checkAccounts(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const [name, user] of Object.entries(Object(users))) {
    if ((user as { rotation?: unknown } | null)?.rotation !== "overlap") continue;
    const taken = accountNames(name, "overlap").find(
      (account) => account !== name && Object.hasOwn(users, account),
    );
    if (taken === undefined) continue;
    const message = `its second account would be ${taken}, which is a user too; choose another name for one of them`;
    context.addIssue({ code: "custom", message, path: [name], params: RENAMED });
  }
}

const RENAMED = Object.freeze({ mend: renamed });
