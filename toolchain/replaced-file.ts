import { randomUUID } from "node:crypto";
import { chmod, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { UserError } from "./user-error.ts";

/**
 * Replaces a file's text in one step, so that a full disk or a kill leaves the old one whole; a link stays a link.
 *
 * @param exactMode its permissions, whatever it had and whatever the umask is
 * @throws UserError where it cannot be written
 */
export async function replaceFile(file: string, text: string, exactMode?: number): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const unfinished = `${target}.${randomUUID()}.new`;
  try {
    const mode = await stat(target).then(
      (found) => found.mode & 0o777,
      () => 0o666,
    );
    // A name that nobody has put a link at.
    await writeFile(unfinished, text, { mode: exactMode ?? mode, flag: "wx" });
    if (exactMode !== undefined) await chmod(unfinished, exactMode);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    const { code = "no code" } = error as NodeJS.ErrnoException;
    throw new UserError(
      `${file} cannot be written (${code}), and is as it was; make room, or make it and its folder writable, then run this again`,
    );
  }
}
