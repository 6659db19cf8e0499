import type { z } from "zod";
import { listenerNames } from "../mosquitto/listener.ts";
import { OFF } from "./listener-settings.ts";
import { type Mend, removal, type SettingPath, type Step, setting, THINK, valueAt } from "./mend-plan.ts";
import { rules } from "./setting-rules.ts";
import { renamed } from "./user-names.ts";

/**
 * How an issue is mended: never by a right that nobody wrote, and never so that one is lost that is right.
 *
 * What has no mend of its own gets its rule's example, or is taken out.
 */
export function mendOf(issue: z.core.$ZodIssue, path: SettingPath, input: unknown): Mend {
  const params = issue.code === "custom" ? issue.params : undefined;
  if (typeof params?.mend === "function") return params.mend(path);
  const given = valueAt(input, path);
  const mend = OF_RULES.get(issue.message)?.(path, given, input);
  if (mend !== undefined) return mend;
  const example: unknown =
    params?.example ?? Object.values(rules).find(({ allowed }) => allowed === issue.message)?.example ?? "";
  return example === "" ? removal(path) : setting(path, typed(`${example}`));
}

/** An example as what it stands for, which is what Pulumi takes it for. */
function typed(example: string): string | number | boolean {
  if (example === "true" || example === "false") return example === "true";
  return /^\d+$/.test(example) ? Number(example) : example;
}

type MendOf = (path: SettingPath, given: unknown, input: unknown) => Mend | undefined;

/** A name that no user or role may have: all that it stands for stays, under another. */
const rename: MendOf = (path) => (path.length === 2 ? renamed(path) : undefined);

/** A user that names no listener would be let in on all four if the key were taken out. */
const nameListener: MendOf = (path, given) => {
  if (path.at(-1) !== "listeners") return undefined;
  const named = listenerNames.find((name) => name === given) ?? "mqtts";
  return asList(path, named, given);
};

/** Without `users` there would be one that reads and writes `naboom/#`. */
const giveUser: MendOf = (path, given) => {
  if (path.length !== 1 || path[0] !== "users") return undefined;
  const example: Step = { set: ["users", "reader", "read", 0], to: "naboom/community" };
  const isRecord = typeof given === "object" && given !== null && !Array.isArray(given);
  return { order: "set", steps: () => [...(isRecord ? [] : [{ remove: path }]), example] };
};

/** One text where a list is expected is meant as a list of one. */
const makeList: MendOf = (path, given) =>
  typeof given === "string" && given !== "" ? asList(path, given, given) : undefined;

/** An account that was taken away stays so: the nearest generation that may be retired is the one before. */
const retireBefore: MendOf = (path, _given, input) => {
  const generation = valueAt(input, [...path.slice(0, -1), "generation"]);
  return setting(path, Number.isSafeInteger(generation) ? Math.max(Number(generation) - 1, 0) : 0);
};

/** A certificate that was to be revoked is revoked, by the command that looks its number up. */
const revoke: MendOf = (path) => ({
  order: "move",
  steps: () => [{ remove: path }, { run: ["rotate", "revoke", `${path.at(-1)}`.replace(/~.*$/s, "")] }],
});

/** Words that people have for what a listener is when it is off; what else was meant is not known. */
const switchOff: MendOf = (path, given) => {
  const isOff = given === false || (typeof given === "string" && OFF_WORDS.test(given.trim()));
  return isOff ? setting(path, OFF) : THINK;
};

const OFF_WORDS = /^(of+|off?line|out|no|none|never|false|disabled?|null|-)$/i;

const OF_RULES: ReadonlyMap<string, MendOf> = new Map([
  [rules.userName.allowed, rename],
  [rules.reservedName.allowed, rename],
  [rules.roleName.allowed, rename],
  [rules.listeners.allowed, nameListener],
  [rules.noListener.allowed, nameListener],
  [rules.users.allowed, giveUser],
  [rules.object.allowed, giveUser],
  [rules.list.allowed, makeList],
  [rules.names.allowed, (path, given) => asList(path, "localhost", given)],
  [rules.listener.allowed, switchOff],
  [rules.allOff.allowed, () => THINK],
  [rules.retired.allowed, retireBefore],
  [rules.serial.allowed, revoke],
]);

function asList(path: SettingPath, item: string, given: unknown): Mend {
  const clear: Step[] = Array.isArray(given) || given === undefined ? [] : [{ remove: path }];
  return { order: "set", steps: () => [...clear, { set: [...path, 0], to: item }] };
}
