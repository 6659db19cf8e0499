import { z } from "zod";
import { accountNames, type Rotation, rotations, type UserRotation } from "../mosquitto/account.ts";
import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import type { GrantedRule, Rights } from "../mosquitto/role.ts";
import { rightsKeys, toRules } from "./rights-settings.ts";
import { ALWAYS, rules, section, whole } from "./setting-rules.ts";

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

/** A user as the config has it, whose roles are not looked up yet. */
export interface WrittenUser extends Omit<UserSettings, "rules" | "roles"> {
  readonly rights: Rights;
}

const generation = whole(rules.generation, 1, 1_000_000);

const user = section({
  ...rightsKeys,
  /** The listeners that the user may log in on. @default all four */
  listeners: z
    .array(z.enum(listenerNames, rules.listeners.allowed), rules.listeners.allowed)
    .min(1, rules.noListener.allowed)
    .default([...listenerNames]),
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
}).transform((given, context): WrittenUser => {
  const { generation, rotation, overlapSince, retired, seeds, listeners, ...others } = given;
  const { certificateGeneration, connections, ...written } = others;
  const { patterns, roles, ...lists } = written;
  const rights = { rules: toRules(lists), patterns: toRules(patterns), roles };
  if (rights.rules.length + rights.patterns.length + roles.length === 0) {
    context.addIssue({ code: "custom", message: rules.rights.allowed, input: given });
  }
  if (retired >= generation) {
    context.addIssue({ code: "custom", message: rules.retired.allowed, path: ["retired"], input: retired });
  }
  const state = {
    generation,
    rotation,
    overlapSince: Math.min(overlapSince, generation),
    retired,
    // Absent where it is not given: the broker's record of earlier users has no such key.
    ...(seeds === undefined ? {} : { seeds }),
  };
  const on = listenerNames.filter((name) => listeners.includes(name));
  return { rights, listeners: on, certificateGeneration, connections, ...state };
});

/** The users by name. @default naboom-mqtt, who reads and writes naboom/# */
export const userSettings = z
  .record(z.string(), user, rules.object.allowed)
  .superRefine(checkNames, ALWAYS)
  .superRefine(checkLikeness, ALWAYS)
  .superRefine(checkAccounts, ALWAYS)
  .refine((users) => Object.keys(users).length > 0, rules.users.allowed)
  .prefault({ "naboom-mqtt": { readwrite: ["naboom/#"] } });

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u;

/** Letters that are not seen, such as U+3164, are letters to Unicode all the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Whether a text may be the name of a user or of a role. */
export function isName(name: string): boolean {
  return NAME.test(name) && !INVISIBLE.test(name);
}

/** Says of every user's name what is wrong with it. */
function checkNames(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(users)) {
    const rule = name === healthcheckAccount.name ? rules.reservedName : rules.userName;
    if (rule === rules.userName && isName(name)) continue;
    context.addIssue({ code: "custom", message: rule.allowed, path: [name] });
  }
}

/** Two users that a person can't tell apart would get each other's rights in some review. */
function checkLikeness(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(users)) {
    const look = name
      .normalize("NFKC")
      .replace(/\p{Default_Ignorable_Code_Point}|\p{C}|\s/gu, "")
      .toLowerCase();
    const other = seen.get(look);
    if (other === undefined) seen.set(look, name);
    else {
      const message = `it differs from ${JSON.stringify(other)} only by case or by characters that are not seen; choose another name`;
      context.addIssue({ code: "custom", message, path: [name] });
    }
  }
}

/** Two users must not meet in one account, as `web` with a second account `web-b` and a user `web-b` would. */
function checkAccounts(
  users: Readonly<Record<string, { rotation?: Rotation }>>,
  context: z.RefinementCtx,
): void {
  for (const [name, { rotation }] of Object.entries(users)) {
    if (rotation !== "overlap") continue;
    const taken = accountNames(name, rotation).find((account) => account !== name && account in users);
    if (taken === undefined) continue;
    const message = `its second account would be ${taken}, which is a user too; choose another name for one of them`;
    context.addIssue({ code: "custom", message, path: [name] });
  }
}
