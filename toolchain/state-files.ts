import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { projectName } from "./project.ts";

/** An update of a stack. */
export interface Update {
  /** ISO 8601. */
  readonly began: string;
  /** How many resources it changed. */
  readonly changes: number;
}

const state = z.object({
  checkpoint: z.object({ latest: z.object({ resources: z.array(z.unknown()).nullish() }).nullish() }),
});

const history = z.object({
  /** Seconds since 1970. */
  startTime: z.int(),
  resourceChanges: z.record(z.string(), z.int()).nullish(),
});

/** The file in which Pulumi's file backend keeps a stack's state. */
export function stateFile(folder: string, stack: string): string {
  return join(folder, ".pulumi", "stacks", projectName, `${stack}.json`);
}

/**
 * The number of resources in a stack's state, read from Pulumi's own file: the CLI takes 0.2 s to tell it.
 *
 * @returns undefined where there is no such file, or it reads otherwise than expected; then the CLI knows
 */
export async function countResources(folder: string, stack: string): Promise<number | undefined> {
  const { data } = state.safeParse(await readJson(stateFile(folder, stack)));
  return data === undefined ? undefined : (data.checkpoint.latest?.resources?.length ?? 0);
}

/**
 * The last update of a stack that came to its end, read from Pulumi's own file, as above.
 *
 * @returns undefined where there is no such file, or it reads otherwise than expected; then the CLI knows
 */
export async function readLastUpdate(folder: string, stack: string): Promise<Update | undefined> {
  const updates = join(folder, ".pulumi", "history", projectName, stack);
  const last = (await readdir(updates).catch(() => []))
    .flatMap((name) => {
      // Each is named by when its update ended, in nanoseconds, of which all have the same number of digits.
      const [, time] = name.startsWith(`${stack}-`) ? (/-(\d+)\.history\.json$/.exec(name) ?? []) : [];
      return time === undefined ? [] : [{ name, time }];
    })
    .sort((one, other) => (one.time < other.time ? 1 : -1))
    .at(0);
  if (last === undefined) return undefined;
  const { data } = history.safeParse(await readJson(join(updates, last.name)));
  if (data === undefined) return undefined;
  const began = new Date(data.startTime * 1_000).toISOString();
  return { began, changes: changesIn(data.resourceChanges ?? {}) };
}

/** How many resources were changed, by what was done with each. */
export function changesIn(counts: Readonly<Record<string, number>>): number {
  const kinds = Object.entries(counts).filter(([kind]) => kind !== "same");
  return kinds.reduce((sum, [, count]) => sum + count, 0);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}
