import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { explainFileError, isFileError } from "./file-error.ts";
import { ownershipFault } from "./own-folder.mjs";
import { projectFolder } from "./project.ts";
import { UserError } from "./user-error.ts";

/** What decides how a thing in the cache turns out; a change of any of it asks for a new one. */
export interface Recipe {
  readonly name: string;
  readonly version: string;
  /** Files, and folders taken with all that is in them, whose contents count. */
  readonly sources: readonly string[];
  /** Anything else that counts, such as compiler flags. */
  readonly flags?: readonly string[];
}

/** What was left behind by a run that was ended is removed after this time, in milliseconds. */
const ABANDONED_AFTER = 24 * 60 * 60 * 1000;
const UNFINISHED = ".unfinished-";

/**
 * The folder for what is made once on a machine, shared by all clones of the project.
 *
 * @returns `NABOOM_MQTT_CACHE`, or else `naboom-mqtt` in `XDG_CACHE_HOME`, which is `~/.cache` by default.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { NABOOM_MQTT_CACHE: own, XDG_CACHE_HOME: common } = environment;
  return own || join(common || join(environment.HOME || homedir(), ".cache"), "naboom-mqtt");
}

/** Names an entry `NAME-VERSION-PLATFORM-HASH`, where the hash covers the recipe's sources and flags. */
export async function entryName({ name, version, sources, flags = [] }: Recipe): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(flags));
  for (const source of sources) {
    for (const file of await filesIn(source)) {
      const content = await readFile(file);
      hash.update(`${relative(source, file)}\0${content.length}\0`).update(content);
    }
  }
  return `${name}-${version}-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 16)}`;
}

/**
 * The cache's folder, made if it is not there, and safe to run programs from.
 *
 * @throws UserError if it is another user's, or can't be made
 */
export async function requireCache(cache: string): Promise<void> {
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 });
    await keepToOwner(cache);
  } catch (error) {
    throw explainCacheError(error, cache);
  }
  requireOwn(cache, cache);
}

/** A folder that was made with a generous umask has had nobody else in its entries, which only their owner enters. */
async function keepToOwner(cache: string): Promise<void> {
  const { uid, mode } = await stat(cache);
  if (uid === process.geteuid?.() && (mode & 0o022) !== 0) await chmod(cache, mode & 0o7755);
}

function requireOwn(folder: string, cache: string): void {
  // A link to a cache elsewhere is a choice of the user's.
  const fault = ownershipFault(folder === cache ? realpathSync(cache) : folder, projectFolder);
  if (fault === undefined) return;
  throw new UserError(
    `${folder} ${fault}, so nothing in it is used: remove it, or set NABOOM_MQTT_CACHE to a folder of your own instead of ${cache}.`,
  );
}

/**
 * The entry's folder, if it was ever finished.
 *
 * @throws UserError if it or the cache is another user's.
 */
export async function findEntry(cache: string, name: string): Promise<string | undefined> {
  const folder = join(cache, name);
  try {
    await readdir(folder);
    requireOwn(cache, cache);
    requireOwn(folder, cache);
    return folder;
  } catch (error) {
    if (isFileError(error)) throw explainCacheError(error, cache);
    if (error instanceof UserError) throw error;
    return undefined;
  }
}

/**
 * Makes an entry in a temporary folder and renames it into place when `make` is done, so that an interrupted
 * run never looks finished. Of two runs at once the first to be done wins, and both use its entry.
 *
 * @throws UserError if the cache can't be written, or has no space left.
 */
export async function makeEntry(
  cache: string,
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  try {
    return await tryToMake(cache, name, make);
  } catch (error) {
    throw explainCacheError(error, cache);
  }
}

async function tryToMake(
  cache: string,
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  await requireCache(cache);
  await removeAbandoned(cache);
  const unfinished = await mkdtemp(join(cache, UNFINISHED));
  const finished = join(cache, name);
  try {
    await make(unfinished);
    await rename(unfinished, finished);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
  return finished;
}

function explainCacheError(error: unknown, cache: string): unknown {
  return explainFileError(error, {
    path: cache,
    need: "Pulumi with its plugins takes up to 1 GB",
    elsewhere: "set NABOOM_MQTT_CACHE to another folder",
  });
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const { mtimeMs } = await lstat(join(cache, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs <= ABANDONED_AFTER) continue;
    // What another user has left is for that user to remove.
    await rm(join(cache, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function filesIn(source: string): Promise<readonly string[]> {
  if (!(await stat(source)).isDirectory()) return [source];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
