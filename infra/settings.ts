import { z } from "zod";
import { quoted, visible } from "./mend.ts";
import { type Mendable, type SettingPath, settingPath, THINK, valueAt, withCommands } from "./mend-plan.ts";
import { nearestWord } from "./near-word.ts";
import { rules } from "./setting-rules.ts";
import { mendOf } from "./settings-mend.ts";
import { type Settings, settingsSchema } from "./settings-schema.ts";

/** Keys whose value is a text; Pulumi hands every other one over as JSON. */
const TEXT_KEYS: ReadonlySet<string> = new Set(["image", "bindAddress", "plainListeners"]);

/** Whose config it is. */
export interface ConfigOwner {
  readonly project: string;
  readonly stack: string;
}

export type ParsedSettings = { success: true; data: Settings } | { success: false; faults: string[] };

/** Checks raw config values (`project:key` to text or JSON), without Pulumi. */
export function parseSettings(raw: Readonly<Record<string, string>>, owner: ConfigOwner): ParsedSettings {
  const { project } = owner;
  const entries = Object.entries(raw).filter(([key]) => key.startsWith(`${project}:`));
  const input = Object.fromEntries(
    entries.map(([key, value]) => parseEntry(key.slice(project.length + 1), value)),
  );
  const parsed = settingsSchema.safeParse(input, { reportInput: true });
  const unseen = namesThatAreNotSeen(input);
  if (parsed.success && unseen.length === 0) return { success: true, data: parsed.data };
  const issues = [...unseen, ...(parsed.error?.issues ?? []).flatMap((issue) => meant(issue, input))];
  const faults = issues.flatMap((issue) => explain(issue, input, project));
  return { success: false, faults: withCommands(faults, input, owner) };
}

function parseEntry(key: string, value: string): [string, unknown] {
  if (TEXT_KEYS.has(key)) return [key, value];
  try {
    return [key, JSON.parse(value)];
  } catch {
    return [key, value];
  }
}

/** Names that zod passes over in records, since JavaScript's objects have them for something else. */
function namesThatAreNotSeen(input: unknown): z.core.$ZodIssue[] {
  const records = [
    { path: ["users"], message: rules.userName.allowed },
    { path: ["roles"], message: rules.roleName.allowed },
    { path: ["clientCertificates", "revoked"], message: "no certificate has this name" },
  ];
  return records
    .filter(({ path }) => Object.hasOwn(Object(valueAt(input, path)), "__proto__"))
    .map(({ path, message }) => ({
      code: "custom",
      path: [...path, "__proto__"],
      message,
      input: undefined,
    }));
}

/** Of a choice between a word and a set of keys, what is wrong with the keys where there are some. */
function meant(issue: z.core.$ZodIssue, input: unknown): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union" || !isRecord(valueAt(input, issue.path))) return [issue];
  return (issue.errors.at(-1) ?? []).map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One sentence, or one for each unknown key, about one issue. */
function explain(issue: z.core.$ZodIssue, input: unknown, project: string): Mendable[] {
  const at = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(settingsSchema, issue.path);
    return issue.keys.map((key) => ({
      sentence: `${shownPath(project, [...at, key])} is unknown; ${keyMeant(key, known)}; to mend it: `,
      // Without it, what it was written for would not be there: a default may let more people in.
      mend: THINK,
    }));
  }
  const given = valueAt(input, at);
  const is = given === undefined && issue.code === "custom" ? "" : ` is ${shown(given)}`;
  const rule = `${issue.message}${valueMeant(issue, given)}`;
  return [
    { sentence: `${shownPath(project, at)}${is}: ${rule}; to mend it: `, mend: mendOf(issue, at, input) },
  ];
}

/** The key that an unknown one is near, or all that there are. */
function keyMeant(key: string, known: readonly string[]): string {
  const near = nearestWord(key, known);
  return near === undefined ? `known here: ${known.join(", ")}` : `write ${near} instead of ${visible(key)}`;
}

/** The word that a value is near, of those that are allowed in its place. */
function valueMeant(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code !== "invalid_value" || issue.values.length === 1 || typeof given !== "string") return "";
  const near = nearestWord(given, issue.values.map(String));
  return near === undefined ? "" : `; ${near} is near`;
}

function shownPath(project: string, path: SettingPath): string {
  return settingPath(project, path, quoted);
}

function shown(value: unknown): string {
  const text = value === undefined ? "missing" : quoted(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let here = inner(schema);
  for (const part of path) {
    if (here instanceof z.ZodObject) here = inner(here.shape[String(part)]);
    else if (here instanceof z.ZodRecord) here = inner(here.valueType);
    else return [];
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

/** The schema behind its defaults and transforms. */
function inner(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return inner(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) return inner(schema.options.at(-1));
  return schema instanceof z.ZodPipe ? inner(schema.in) : schema;
}
