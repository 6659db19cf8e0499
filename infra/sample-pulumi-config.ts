import { execFileSync } from "node:child_process";
import { parseSettings } from "./settings.ts";

/** A stack's config, its keys without the project's name. */
export type Config = Readonly<Record<string, unknown>>;

type Container = Record<string | number, unknown>;

/**
 * For tests: a config after all commands that sentences print, each read as a shell reads it and done as Pulumi
 * 3.259 does it, with `config set --path` and `config rm --path`.
 */
export function configAfter(config: Config, faults: readonly string[]): Config {
  const model = structuredClone(config) as Container;
  for (const command of commandsIn(faults)) {
    const at = command.indexOf("config");
    if (command[2] !== "pulumi" || at < 0) continue;
    const [verb, ...args] = command.slice(at + 1).filter((word) => word !== "--path" && word !== "--");
    const isText = args[0] === "--type" && args.splice(0, 2)[1] === "string";
    const [path = "", value = ""] = args;
    const keys = keysOf(path.replace(/^naboom-mqtt:/, ""));
    if (verb === "rm") remove(model, keys);
    else if (verb === "set") set(model, keys, isText || keys.length === 1 ? value : typed(value));
    else throw new Error(`${command.join(" ")} is no command of the config`);
  }
  return model;
}

/** The commands that sentences print, in order, as a shell hands over their words. */
export function commandsIn(faults: readonly string[]): readonly string[][] {
  const lines = faults.map((fault) => fault.split(/; to (?:mend|remove) it: /).at(-1) ?? "");
  return lines
    .flatMap((line) => line.split(" && "))
    .filter((command) => command.startsWith("npm run "))
    .map(shellWords);
}

/** What a shell makes of a command: words in single quotes, in `$'…'`, or bare. */
function shellWords(command: string): string[] {
  if (!/[\\$]/.test(command)) return [...command.matchAll(/'([^']*)'|[^\s']+/g)].map((m) => m[1] ?? m[0]);
  const script = `for word in ${command}; do printf '%s\\0' "$word"; done`;
  return execFileSync("bash", ["-c", script]).toString("utf8").split("\0").slice(0, -1);
}

function keysOf(path: string): (string | number)[] {
  const parts = path.matchAll(/\["((?:\\"|[^"])*)"\]|\[(\d+)\]|\.?([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, plain]) =>
    index === undefined ? (plain ?? quoted?.replaceAll('\\"', '"') ?? "") : Number(index),
  );
}

function typed(value: string): string | number | boolean {
  if (value === "true" || value === "false") return value === "true";
  return /^-?(0|[1-9]\d*)$/.test(value) ? Number(value) : value;
}

function set(model: Container, keys: readonly (string | number)[], value: unknown): void {
  let here = model;
  for (const [index, key] of keys.entries()) {
    if (typeof key === "number" && !(Array.isArray(here) && key <= here.length)) {
      throw new Error(`${keys.join("/")}: expected an array that reaches to ${key}`);
    }
    const next = index === keys.length - 1 ? value : typeof keys[index + 1] === "number" ? [] : {};
    if (index === keys.length - 1 || !Object.hasOwn(here, key)) {
      Object.defineProperty(here, key, { value: next, configurable: true, enumerable: true, writable: true });
    }
    if (index < keys.length - 1 && (typeof here[key] !== "object" || here[key] === null)) {
      throw new Error(`${keys.join("/")}: expected an array or a map`);
    }
    here = here[key] as Container;
  }
}

function remove(model: Container, keys: readonly (string | number)[]): void {
  const parent = keys.slice(0, -1).reduce<unknown>((here, key) => Object(here)[key], model);
  const last = keys.at(-1) ?? "";
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (typeof parent === "object" && parent !== null) delete (parent as Container)[last];
}

const owner = { project: "naboom-mqtt", stack: "dev" };

/** What the schema says of a config. */
export function parse(config: Config) {
  const raw = Object.entries(config).map(([key, value]) => [
    `naboom-mqtt:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseSettings(Object.fromEntries(raw), owner);
}

/** Runs every command that is printed, in the printed order, until nothing is refused, or nothing more can be run. */
export function afterCommands(config: Config): Config {
  let now = config;
  for (;;) {
    const parsed = parse(now);
    if (parsed.success || commandsIn(parsed.faults).length === 0) return now;
    now = configAfter(now, parsed.faults);
  }
}
