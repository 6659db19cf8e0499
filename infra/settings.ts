import { z } from "zod";
import { removeCommand, setCommand } from "./mend.ts";
import { rules } from "./setting-rules.ts";
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
  if (parsed.success) return { success: true, data: parsed.data };
  return { success: false, faults: parsed.error.issues.flatMap((issue) => explain(issue, input, owner)) };
}

function parseEntry(key: string, value: string): [string, unknown] {
  if (TEXT_KEYS.has(key)) return [key, value];
  try {
    return [key, JSON.parse(value)];
  } catch {
    return [key, value];
  }
}

/** One sentence, or one for each unknown key, about one issue. */
function explain(issue: z.core.$ZodIssue, input: unknown, { project, stack }: ConfigOwner): string[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(settingsSchema, issue.path).join(", ");
    return issue.keys.map((key) => {
      const path = configPath(project, [...issue.path, key]);
      return `${path} is unknown; known here: ${known}; to remove it: ${removeCommand(stack, path)}`;
    });
  }
  const path = configPath(project, issue.path);
  const given = valueAt(input, issue.path);
  const is = given === undefined && issue.code === "custom" ? "" : ` is ${shown(given)}`;
  const example = exampleFor(issue);
  const command = example === "" ? removeCommand(stack, path) : setCommand(stack, path, example);
  return [`${path}${is}: ${issue.message}; to mend it: ${command}`];
}

/** A value that would be allowed; none where the key has to go. */
function exampleFor(issue: z.core.$ZodIssue): string {
  const given: unknown = issue.code === "custom" ? issue.params?.example : undefined;
  return typeof given === "string"
    ? given
    : (Object.values(rules).find(({ allowed }) => allowed === issue.message)?.example ?? "");
}

/** A path as `pulumi config set --path` takes it. */
function configPath(project: string, path: readonly PropertyKey[]): string {
  const text = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`;
    const name = String(part);
    if (!/^[\w-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
    return index === 0 ? name : `.${name}`;
  });
  return `${project}:${text.join("")}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    input,
  );
}

function shown(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
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
  return schema instanceof z.ZodPipe ? inner(schema.in) : schema;
}
