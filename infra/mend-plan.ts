import { removeCommand, setCommand, setTextCommand } from "./mend.ts";

/** Where a value stands in a stack's config, without the project's name. */
export type SettingPath = readonly (string | number)[];

/** One command: a value that is set, or one that is taken out. */
export type Step =
  | { readonly set: SettingPath; readonly to: string | number | boolean }
  | { readonly remove: SettingPath };

/** How one mistake of a config is mended. */
export interface Mend {
  /** Sets come first and removals after them, since a removal moves what stands behind it in a list. */
  readonly order: "set" | "remove" | "move";
  /** What is removed, where that is all; of one list the last item goes first. */
  readonly removes?: SettingPath;
  /**
   * The commands, for the config as the mends before it have left it; none where they have mended it already, and
   * undefined where only a person can mend it.
   */
  readonly steps: (config: unknown) => readonly Step[] | undefined;
}

/** Of a mistake that only a person can mend: whatever a command did could give somebody more than was written. */
export const THINK: Mend = Object.freeze({ order: "move", steps: () => undefined });

/** Takes one value out. */
export function removal(path: SettingPath): Mend {
  return { order: "remove", removes: path, steps: () => [{ remove: path }] };
}

/** Sets one value, whose place no removal moves. */
export function setting(path: SettingPath, to: string | number | boolean): Mend {
  return { order: "set", steps: () => [{ set: path, to }] };
}

/** A mistake, and how it is mended. */
export interface Mendable {
  readonly sentence: string;
  readonly mend: Mend;
}

/**
 * The sentences with their commands, in an order in which all commands can be run one after the other: none hits
 * what another has moved, and none is there twice.
 */
export function withCommands(
  faults: readonly Mendable[],
  config: unknown,
  owner: { readonly project: string; readonly stack: string },
): string[] {
  const model = structuredClone(config);
  const done = new Set<string>();
  return [...faults]
    .sort(
      (a, b) =>
        ORDERS.indexOf(a.mend.order) - ORDERS.indexOf(b.mend.order) || compareRemovals(a.mend, b.mend),
    )
    .map(({ sentence, mend }) => {
      const steps = mend.steps(model);
      if (steps === undefined) return `${sentence}edit Pulumi.${owner.stack}.yaml`;
      // What moves looks at what is there now, and its steps may look like earlier ones without being the same.
      const fresh = mend.order === "move" ? steps : steps.filter((step) => !done.has(JSON.stringify(step)));
      for (const step of fresh) {
        done.add(JSON.stringify(step));
        take(step, model);
      }
      const commands = fresh.map((step) => commandOf(step, owner)).join(" && ");
      return `${sentence}${commands === "" ? "a command above does that too" : commands}`;
    });
}

/** A path as `pulumi config set --path` takes it, whose keys know one escape, of the quotation mark. */
export function settingPath(project: string, path: SettingPath, name = pulumiKey): string {
  const text = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `[${name(part)}]`;
    return index === 0 ? part : `.${part}`;
  });
  return `${project}:${text.join("")}`;
}

/** The value at a path; undefined where there is none. */
export function valueAt(config: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    config,
  );
}

const ORDERS = ["set", "remove", "move"] as const;

function pulumiKey(name: string): string {
  return `"${name.replaceAll('"', '\\"')}"`;
}

function commandOf(step: Step, { project, stack }: { project: string; stack: string }): string {
  if ("remove" in step) return removeCommand(stack, settingPath(project, step.remove));
  const path = settingPath(project, step.set);
  return typeof step.to === "string"
    ? setTextCommand(stack, path, step.to)
    : setCommand(stack, path, `${step.to}`);
}

/** Of one list the last item first, and what is in a value before the value. */
function compareRemovals({ removes: one }: Mend, { removes: other }: Mend): number {
  if (one === undefined || other === undefined) return 0;
  const at = one.findIndex((part, index) => part !== other[index]);
  if (at === -1) return other.length - one.length;
  const [left, right] = [one[at], other[at]];
  if (right === undefined) return -1;
  if (typeof left === "number" && typeof right === "number") return right - left;
  return `${left}` < `${right}` ? -1 : 1;
}

/** Does to a config what a step's command does (`pulumi config set` and `rm` with `--path`). */
function take(step: Step, config: unknown): void {
  const path = "set" in step ? step.set : step.remove;
  const key = path.at(-1) ?? "";
  const parent = containerOf(config, path.slice(0, -1), key, "set" in step);
  if (parent === undefined) return;
  if ("set" in step) Object.defineProperty(parent, key, { value: step.to, ...OWN });
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

const OWN = Object.freeze({ configurable: true, enumerable: true, writable: true });

function containerOf(
  config: unknown,
  path: SettingPath,
  last: string | number,
  makes: boolean,
): Record<string | number, unknown> | undefined {
  let here = config;
  for (const [index, part] of path.entries()) {
    if (typeof here !== "object" || here === null) return undefined;
    if (makes && !Object.hasOwn(here, part)) {
      const value = typeof (path[index + 1] ?? last) === "number" ? [] : {};
      Object.defineProperty(here, part, { value, ...OWN });
    }
    here = valueAt(here, [part]);
  }
  return typeof here === "object" && here !== null ? (here as Record<string | number, unknown>) : undefined;
}
