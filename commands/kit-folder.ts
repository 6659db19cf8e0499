import { lstat, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type KitFile, kitFileNames } from "../clients/kit.ts";
import { UserError } from "../toolchain/user-error.ts";

/**
 * Makes sure that a kit has room in a folder: it is not there, or has none of a kit's files, or they may go.
 *
 * @throws UserError that names what is in the way
 */
export async function requireRoom(folder: string, force: boolean): Promise<void> {
  const there: string[] = [];
  for (const name of kitFileNames) {
    const found = await lstat(join(folder, name)).catch(absent(folder));
    if (found === undefined) continue;
    if (!found.isFile()) {
      throw new UserError(`${join(folder, name)} is no file, so it stays; choose another folder with --out`);
    }
    there.push(name);
  }
  if (force || there.length === 0) return;
  throw new UserError(
    `${folder} has ${there.join(", ")} already, so nothing was written; replace them with --force, or choose another folder with --out`,
  );
}

/**
 * Writes a kit's files, 0600, into a folder, 0700 where it is made for them: all of them, or nothing at all.
 *
 * They are written whole beside their places and then renamed; of an earlier kit nothing stays behind.
 *
 * @throws UserError where the folder can't be written
 */
export async function writeKit(folder: string, files: readonly KitFile[], force: boolean): Promise<void> {
  await requireRoom(folder, force);
  const made: string[] = [];
  try {
    await makeFolder(folder, made);
    await replaceFiles(folder, files);
  } catch (error) {
    for (const path of made.reverse()) await rm(path, { recursive: true, force: true });
    throw unwritable(folder, error);
  }
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

async function replaceFiles(folder: string, files: readonly KitFile[]): Promise<void> {
  // The one place that is certainly on the same file system, as a rename needs.
  const staging = await mkdtemp(join(folder, ".unfinished-"));
  const moves: (readonly [from: string, to: string])[] = [];
  const move = async (from: string, to: string) => {
    await rename(from, to);
    moves.push([from, to]);
  };
  try {
    for (const { name, content } of files) {
      await writeFile(join(staging, name), content, { mode: 0o600, flag: "wx" });
    }
    for (const name of kitFileNames) {
      if (await exists(join(folder, name))) await move(join(folder, name), join(staging, `${name}.earlier`));
    }
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
function absent(folder: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
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
