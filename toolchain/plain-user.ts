import { chown } from "node:fs/promises";

/** Debian's `nobody`; any user will do that owns none of the files. */
const NOBODY = 65534;

/**
 * Runs a test's work as a user whom files can refuse, since root passes every check of rights.
 *
 * `access` is not refused: it asks for the real user, not for the effective one.
 */
export async function asPlainUser<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) return await work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Gives a file or folder, without what is in it, to the user of {@link asPlainUser}. */
export async function giveToPlainUser(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, NOBODY, NOBODY);
}
