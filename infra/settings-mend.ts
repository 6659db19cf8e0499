import type { z } from "zod";
import { accesses } from "../mosquitto/acl.ts";
import { listenerNames, listeners } from "../mosquitto/listener.ts";
import { CONSOLE_PORT } from "./console-settings.ts";
import { OFF } from "./listener-settings.ts";
import { type Mend, removal, type SettingPath, type Step, setting, THINK, valueAt } from "./mend-plan.ts";
import { nearestWord } from "./near-word.ts";
import { rules } from "./setting-rules.ts";
import { renamed } from "./user-names.ts";

/**
 * How an issue is mended: never by a right or a way in that nobody wrote, and never so that one is lost that is right.
 *
 * What has no mend of its own gets its rule's example, or is taken out where it gives something. What takes something
 * away from somebody, and what may, is for a person to mend.
 */
export function mendOf(issue: z.core.$ZodIssue, path: SettingPath, input: unknown): Mend {
  const params = issue.code === "custom" ? issue.params : undefined;
  if (typeof params?.mend === "function") return params.mend(path);
  const given = valueAt(input, path);
  const mend = OF_RULES.get(issue.message)?.(path, given, input) ?? nearestValue(issue, path, given);
  if (mend !== undefined) return mend;
  const example: unknown =
    params?.example ?? Object.values(rules).find(({ allowed }) => allowed === issue.message)?.example ?? "";
  if (example !== "") return setting(path, typed(`${example}`));
  return isSafeToRemove(path) ? removal(path) : THINK;
}

/** An example as what it stands for, which is what Pulumi takes it for. */
function typed(example: string): string | number | boolean {
  if (example === "true" || example === "false") return example === "true";
  return /^\d+$/.test(example) ? Number(example) : example;
}

/**
 * Whether nobody can do more without a value: a right that is none, a whole user or role, or what is not about
 * access. A deny, a role that may bring one, who may log in where, and what a certificate is asked for are not.
 */
function isSafeToRemove([top, name, ...rest]: SettingPath): boolean {
  if (OPEN_SECTIONS.includes(`${top}`)) return true;
  const keys = top === "patterns" ? [name] : rest;
  const owned = (top === "users" || top === "roles") && name !== undefined;
  if (owned && keys.length === 0) return true;
  if (top === "listeners") return name === "origins" && rest.length > 0;
  const [access, filters] = keys[0] === "patterns" ? [keys[1], keys.length > 1] : [keys[0], true];
  if (owned && (access === "rotation" || access === "connections")) return true;
  return (owned || top === "patterns") && filters && ALLOWS.includes(`${access}`);
}

/** Sections of which nothing says who may do what; without a trust in the network, fewer can be reached. */
const OPEN_SECTIONS: readonly string[] = [
  "passwords",
  "certificates",
  "policy",
  "limits",
  "container",
  "console",
  "plainListeners",
];

const ALLOWS: readonly string[] = ["read", "write", "readwrite"];

type MendOf = (path: SettingPath, given: unknown, input: unknown) => Mend | undefined;

/** A word that is near one that is allowed stands for that; what opens anything has a mend of its own. */
function nearestValue(issue: z.core.$ZodIssue, path: SettingPath, given: unknown): Mend | undefined {
  if (issue.code !== "invalid_value" || typeof given !== "string") return undefined;
  const near = nearestWord(given, issue.values.map(String));
  return near === undefined ? undefined : setting(path, near);
}

/** A name that no user or role may have: all that it stands for stays, under another. */
const rename: MendOf = (path) => (path.length === 2 ? renamed(path) : THINK);

/** A user that names no listener would be let in on all if the key were taken out; only one that is written is right. */
const nameListener: MendOf = (path, given) => {
  const named = listenerNames.find((name) => name === given);
  return path.at(-1) === "listeners" && named !== undefined ? asList(path, named, given) : THINK;
};

/** One text where a list is expected is meant as a list of one. */
const makeList: MendOf = (path, given) =>
  typeof given === "string" && given !== "" ? asList(path, given, given) : undefined;

/** An account that was taken away stays so: the nearest generation that may be retired is the one before. */
const retireBefore: MendOf = (path, _given, input) => {
  const generation = valueAt(input, [...path.slice(0, -1), "generation"]);
  return setting(path, Number.isSafeInteger(generation) ? Math.max(Number(generation) - 1, 0) : 0);
};

/** Who has no right needs no account, unless something else is written that says what it was to have. */
const removeIdle: MendOf = (path, given) =>
  Object.keys(Object(given)).every((key) => RIGHTS.includes(key)) ? removal(path) : THINK;

const RIGHTS: readonly string[] = [...accesses, "roles", "patterns"];

/** Words that people have for what a listener is when it is off; what else was meant is not known. */
const switchOff: MendOf = (path, given) => {
  const isOff = given === false || (typeof given === "string" && OFF_WORDS.test(given.trim()));
  return isOff ? setting(path, OFF) : THINK;
};

const OFF_WORDS = /^(of+|no|none|never|false|disabled?)$/i;

/** Each listener, and the console, has a port that it usually has. */
const usualPort: MendOf = (path) => {
  const name = listenerNames.find((each) => each === path[1]);
  return setting(path, name === undefined ? CONSOLE_PORT : listeners[name].port);
};

const think: MendOf = () => THINK;

const OF_RULES: ReadonlyMap<string, MendOf> = new Map([
  [rules.userName.allowed, rename],
  [rules.reservedName.allowed, rename],
  [rules.roleName.allowed, rename],
  [rules.listeners.allowed, nameListener],
  [rules.noListener.allowed, nameListener],
  [rules.users.allowed, think],
  [rules.rights.allowed, removeIdle],
  [rules.retired.allowed, retireBefore],
  [rules.list.allowed, makeList],
  [rules.port.allowed, usualPort],
  [rules.listener.allowed, switchOff],
  [rules.allOff.allowed, think],
  [rules.names.allowed, (path, given) => asList(path, "localhost", given)],
  [rules.serial.allowed, think],
  // Word by word, or not at all.
  [rules.trust.allowed, (path) => removal(path)],
]);

function asList(path: SettingPath, item: string, given: unknown): Mend {
  const clear: Step[] = Array.isArray(given) || given === undefined ? [] : [{ remove: path }];
  return { order: "set", steps: () => [...clear, { set: [...path, 0], to: item }] };
}
