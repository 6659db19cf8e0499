import { z } from "zod";
import { accountNames, type Rotation, rotations, type UserRotation } from "../mosquitto/account.ts";
import { type AccessRule, accesses } from "../mosquitto/acl.ts";
import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { topicFilterFault } from "../mosquitto/topic-filter.ts";
import { ALWAYS, rules, section, whole } from "./setting-rules.ts";

/** A user's rights, and the state of the rotation of its password. */
export interface UserSettings extends UserRotation {
  readonly rules: readonly AccessRule[];
}

const filterList = z
  .array(
    z.string("a topic filter is a text").superRefine((filter, context) => {
      const fault = topicFilterFault(filter);
      if (fault !== undefined)
        context.addIssue({
          code: "custom",
          message: fault,
          input: filter,
          params: { example: "naboom/topic" },
        });
    }),
    rules.list.allowed,
  )
  .optional();

const rights = Object.fromEntries(accesses.map((access) => [access, filterList])) as Record<
  (typeof accesses)[number],
  typeof filterList
>;

const generation = whole(rules.generation, 1, 1_000_000);

const user = section({
  ...rights,
  /** Raised, the user gets a new password. @default 1 */
  generation: generation.default(1),
  /** Whether a new password replaces the old one at once, or both work for a while. @default replace */
  rotation: z.enum(rotations, rules.rotation.allowed).default("replace"),
  /** The generation at which `rotation` became `overlap`. @default 1 */
  overlapSince: generation.default(1),
  /** With `overlap`: the latest generation whose account is taken away. @default 0, none */
  retired: whole(rules.retired, 0, 1_000_000).default(0),
}).transform(({ generation, rotation, overlapSince, retired, ...given }, context): UserSettings => {
  const list = accesses.flatMap((access) => (given[access] ?? []).map((filter) => ({ access, filter })));
  if (list.length === 0) context.addIssue({ code: "custom", message: rules.rights.allowed, input: given });
  if (retired >= generation) {
    context.addIssue({ code: "custom", message: rules.retired.allowed, path: ["retired"], input: retired });
  }
  return { rules: list, generation, rotation, overlapSince: Math.min(overlapSince, generation), retired };
});

/** The users by name. @default naboom-mqtt, who reads and writes naboom/# */
export const userSettings = z
  .record(z.string(), user, rules.object.allowed)
  .superRefine(checkNames, ALWAYS)
  .superRefine(checkAccounts, ALWAYS)
  .refine((users) => Object.keys(users).length > 0, rules.users.allowed)
  .prefault({ "naboom-mqtt": { readwrite: ["naboom/#"] } });

const USER_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u;

/** Says of every user's name what is wrong with it. */
function checkNames(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(users)) {
    const rule = name === healthcheckAccount.name ? rules.reservedName : rules.userName;
    if (rule === rules.userName && USER_NAME.test(name)) continue;
    context.addIssue({ code: "custom", message: rule.allowed, path: [name] });
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
