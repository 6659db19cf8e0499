import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type KitFile, kitFileNames } from "../clients/kit.ts";
import { digestOf, type KitClaims, markerFile, readMarker } from "../clients/kit-marker.ts";
import { UserError } from "../toolchain/user-error.ts";

/**
 * Makes sure that a kit has room in a folder: none of its files is there, or only an earlier kit's own that may go.
 *
 * A kit's own are those that the folder's marker names and that are as they were written. Whatever else is there is
 * somebody's own, and stays.
 *
 * @returns the names of the earlier kit's own files
 * @throws UserError that names what is in the way
 */
export async function requireRoom(
  folder: string,
  files: readonly KitFile[],
  force: boolean,
): Promise<readonly string[]> {
  const claims = await claimsIn(folder);
  const own: string[] = [];
  const changed: string[] = [];
  const foreign: string[] = [];
  const wanted = new Set(files.map(({ name }) => name));
  for (const name of new Set([...wanted, ...Object.keys(claims)])) {
    const state = await stateOf(join(folder, name), claims[name]).catch(unseen(folder));
    if (state === "own") own.push(name);
    // What the kit does not need is not in its way, even where it was an earlier kit's once.
    if (!wanted.has(name)) continue;
    if (state === "no file") {
      throw new UserError(`${join(folder, name)} is no file, so it stays; choose another folder with --out`);
    }
    if (state === "changed") changed.push(name);
    if (state === "foreign") foreign.push(name);
  }
  requireOwn(folder, foreign, changed);
  if (force || own.length === 0) return own;
  throw new UserError(
    `${folder} has a kit already (${own.join(", ")}), so nothing was written; replace it with --force, or choose another folder with --out`,
  );
}

function requireOwn(folder: string, foreign: readonly string[], changed: readonly string[]): void {
  if (foreign.length > 0) {
    throw new UserError(
      `${folder} has files that ${markerFile} does not list as a kit's, ${foreign.join(", ")}, so they stay, also with --force, and nothing was written; choose another folder with --out, or remove them yourself, as with a kit of an earlier version`,
    );
  }
  if (changed.length === 0) return;
  throw new UserError(
    `${folder} has files that were changed since a kit wrote them, ${changed.join(", ")}, so they stay, also with --force, and nothing was written; choose another folder with --out, or give them other names`,
  );
}

type FileState = "absent" | "no file" | "own" | "changed" | "foreign";

async function stateOf(path: string, claim: string | undefined): Promise<FileState> {
  const found = await lstat(path);
  if (!found.isFile()) return "no file";
  if (claim === undefined) return "foreign";
  return digestOf(await readFile(path)) === claim ? "own" : "changed";
}

/** What the marker in a folder claims, itself too; of names that no kit's file has, a marker can claim none. */
async function claimsIn(folder: string): Promise<KitClaims> {
  const path = join(folder, markerFile);
  const found = await lstat(path).catch(unseen(folder));
  if (found === "absent" || !found.isFile()) return {};
  const text = await readFile(path, "utf8").catch(unseen(folder));
  const claims = readMarker(text);
  if (claims === undefined) return {};
  const known = Object.entries(claims).filter(([name]) => kitFileNames.has(name));
  return { ...Object.fromEntries(known), [markerFile]: digestOf(text) };
}

/**
 * Writes a kit's files, 0600, into a folder, 0700 where it is made for them: all of them, or nothing at all.
 *
 * They are written whole beside their places and then renamed; of an earlier kit's own files none stays behind.
 *
 * @throws UserError where the folder can't be written
 */
export async function writeKit(folder: string, files: readonly KitFile[], force: boolean): Promise<void> {
  const earlier = await requireRoom(folder, files, force);
  const made: string[] = [];
  try {
    await makeFolder(folder, made);
    await replaceFiles(folder, files, earlier);
  } catch (error) {
    for (const path of made.reverse()) await rm(path, { recursive: true, force: true });
    throw unwritable(folder, error);
  }
}

/**
 * Removes the kits in a folder's folders, and what is empty then. What a kit has not written, or what was changed since,
 * is somebody's own, and stays.
 *
 * @returns the paths of what stays
 */
export async function removeKits(folder: string): Promise<readonly string[]> {
  const kits = await readdir(folder, { withFileTypes: true }).catch(ignoreMissing);
  const left: string[] = [];
  for (const kit of kits) {
    const path = join(folder, kit.name);
    left.push(...(kit.isDirectory() ? await removeKit(path) : [path]));
  }
  if (left.length === 0) await rmdir(folder).catch(ignoreMissing);
  return left;
}

async function removeKit(folder: string): Promise<readonly string[]> {
  const claims = await claimsIn(folder);
  const names = (await readdir(folder)).sort();
  const left: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await stateOf(path, claims[name])) === "own") await rm(path);
    else left.push(path);
  }
  if (left.length === 0) await rmdir(folder);
  return left;
}

function ignoreMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === "ENOENT") return [];
  throw error;
}

/**
 * Makes a folder and those above it, and notes each that was made.
 *
 * Node's own way, `recursive`, never ends where a parent is there and takes no folder, as /proc does.
 */
async function makeFolder(folder: string, made: string[]): Promise<void> {
  if (await exists(folder)) return;
  await makeFolder(dirname(folder), made);
  await mkdir(folder, { mode: 0o700 });
  made.push(folder);
}

async function replaceFiles(
  folder: string,
  files: readonly KitFile[],
  earlier: readonly string[],
): Promise<void> {
  // The one place that is certainly on the same file system, as a rename needs.
  const staging = await mkdtemp(join(folder, ".unfinished-"));
  const moves: (readonly [from: string, to: string])[] = [];
  const move = async (from: string, to: string) => {
    // A rename would put it in the place of what somebody has written there meanwhile.
    if (await exists(to)) throw Object.assign(new Error(`${to} is there`), { code: "EEXIST" });
    await rename(from, to);
    moves.push([from, to]);
  };
  try {
    for (const { name, content } of files) {
      await writeFile(join(staging, name), content, { mode: 0o600, flag: "wx" });
    }
    for (const name of earlier) await move(join(folder, name), join(staging, `${name}.earlier`));
    for (const { name } of files) await move(join(staging, name), join(folder, name));
  } catch (error) {
    for (const [from, to] of moves.reverse()) await rename(to, from);
    throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** What is not there is room; anything else that keeps from looking is told. */
function unseen(folder: string): (error: unknown) => "absent" {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw unwritable(folder, error);
  };
}

function unwritable(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const reason = reasons[code] ?? code;
  return new UserError(
    `the folder ${folder} can't be written (${reason}), so nothing was; choose another with --out`,
  );
}

const reasons: Readonly<Record<string, string>> = Object.freeze({
  EACCES: "no permission",
  EEXIST: "a file is in its place",
  ENAMETOOLONG: "a name is too long",
  ENOENT: "no such place",
  ENOSPC: "no space left",
  ENOTDIR: "a file is in its way",
  EPERM: "no permission",
  EROFS: "read-only",
});
