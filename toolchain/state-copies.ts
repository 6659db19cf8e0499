import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { projectName } from "./project.ts";

/** Where Pulumi keeps copies of a stack's state in a folder: one from each update, secrets and all, encrypted. */
const KINDS = ["backups", "history"];

/** How many updates' copies of each kind are kept. */
const KEPT_UPDATES = 5;

/** The time in the names of the copies: `dev.1795815431702998284.json`, `dev-1795815431702169799.checkpoint.json.attrs`. */
const TIME = /[.-](\d{19})\.[a-z.]+$/;

/**
 * Removes all copies of the project's stacks but those of the last five updates of each, as Pulumi never removes any.
 *
 * @param folder the backend's; nothing in it is followed that is a link
 */
export async function pruneStateCopies(folder: string): Promise<void> {
  for (const kind of KINDS) {
    const place = join(folder, ".pulumi", kind, projectName);
    for (const entry of await list(place)) {
      if (entry.isDirectory()) await prune(join(place, entry.name));
    }
  }
}

async function prune(folder: string): Promise<void> {
  const times = new Map<string, string[]>();
  for (const { name } of await list(folder)) {
    const time = TIME.exec(name)?.[1];
    if (time !== undefined) times.set(time, [...(times.get(time) ?? []), name]);
  }
  for (const time of [...times.keys()].sort().slice(0, -KEPT_UPDATES)) {
    // Another command may be doing the same.
    for (const name of times.get(time) ?? []) await rm(join(folder, name), { force: true });
  }
}

/** The folders that have copies of a stack's state. */
export async function stateCopies(folder: string, stack: string): Promise<readonly string[]> {
  const folders = KINDS.map((kind) => join(folder, ".pulumi", kind, projectName, stack));
  const found = await Promise.all(folders.map(async (path) => (await list(path)).length > 0));
  return folders.filter((_, index) => found[index]);
}

async function list(folder: string) {
  return await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}
