import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { type Mend, type SettingPath, type Step, valueAt } from "./mend-plan.ts";

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u;

/** Letters that are not seen, such as U+3164, are letters to Unicode all the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Whether a text may be the name of a user or of a role. */
export function isName(name: string): boolean {
  return NAME.test(name) && !INVISIBLE.test(name);
}

/** What two names have in common that a person can't tell apart. */
export function likenessOf(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}|\p{C}|\s/gu, "")
    .toLowerCase();
}

/** The code points in which a name differs from another, for instance `U+0065 U+0301 instead of U+00E9`. */
export function differenceOf(name: string, other: string): string {
  const [here, there] = [[...name], [...other]];
  while (here.length > 0 && here[0] === there[0]) for (const list of [here, there]) list.shift();
  while (here.length > 0 && here.at(-1) === there.at(-1)) for (const list of [here, there]) list.pop();
  return `${codePoints(here)} instead of ${codePoints(there)}`;
}

function codePoints(characters: readonly string[]): string {
  const codes = characters.map((character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `U+${code.padStart(4, "0")}`;
  });
  return codes.length === 0 ? "nothing" : codes.join(" ");
}

/**
 * Gives a user or a role, whose path it is, a name that is allowed, and leaves all else as it is.
 *
 * Where commands can't carry all of it over, as an empty list of listeners, a person has to.
 */
export function renamed(path: SettingPath): Mend {
  const [kind = "", name = ""] = path.map(String);
  return {
    order: "move",
    steps: (config) => {
      const value = valueAt(config, path);
      if (value === undefined) return [];
      if (!isCarried(value)) return undefined;
      const next = freeName(name, Object.keys(Object(valueAt(config, [kind]))));
      const references = kind === "roles" ? referencesTo(name, config) : [];
      return [
        ...leavesOf(value, [kind, next]),
        ...references.map((set): Step => ({ set, to: next })),
        { remove: path },
      ];
    },
  };
}

/** A name that is allowed and that nobody has, as near to a given one as can be. */
function freeName(name: string, taken: readonly string[]): string {
  const letters = name.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}|\p{C}/gu, "");
  const plain = letters.replace(/[^\p{L}\p{N}._@-]/gu, "-").replace(/^[^\p{L}\p{N}]+|-+$/gu, "");
  const first = [...plain].slice(0, 48).join("") || "renamed";
  const looks = new Set(
    [...taken.filter((other) => other !== name), healthcheckAccount.name].flatMap((other) => [
      likenessOf(other),
      likenessOf(`${other}-b`),
    ]),
  );
  const isFree = (choice: string) =>
    choice !== name &&
    isName(choice) &&
    !looks.has(likenessOf(choice)) &&
    !looks.has(likenessOf(`${choice}-b`));
  for (let number = 2, choice = first; ; number += 1) {
    if (isFree(choice)) return choice;
    choice = `${first}-${number}`;
  }
}

/**
 * Whether sets of what a value holds make the same of it: there is none for null, nor for an empty list, which means
 * something in the place of listeners, nor for an item of a list that is no text, which may stand for a role with a deny.
 */
function isCarried(value: unknown): boolean {
  if (value === null) return false;
  if (typeof value !== "object") return true;
  const listeners: unknown = valueAt(value, ["listeners"]);
  if (typeof listeners === "object" && Object.keys(Object(listeners)).length === 0) return false;
  const items = Object.values(value);
  if (Array.isArray(value) && items.some((item) => typeof item === "object")) return false;
  return items.every(isCarried);
}

/** Sets of all that a value holds, at another path. */
function leavesOf(value: unknown, path: SettingPath): readonly Step[] {
  if (typeof value === "object" && value !== null) {
    const items = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return items.flatMap(([key, item]) => leavesOf(item, [...path, key]));
  }
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar ? [{ set: path, to: value }] : [];
}

/** Where users and roles name a role. */
function referencesTo(role: string, config: unknown): readonly SettingPath[] {
  return ["users", "roles"].flatMap((kind) =>
    Object.entries(Object(valueAt(config, [kind]))).flatMap(([owner, value]) => {
      const roles: unknown = valueAt(value, ["roles"]);
      if (!Array.isArray(roles)) return [];
      return roles.flatMap((name, index) => (name === role ? [[kind, owner, "roles", index]] : []));
    }),
  );
}
