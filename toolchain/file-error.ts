import { UserError } from "./user-error.ts";

/** A folder that is written, and what a user has to know when it can't be. */
export interface WrittenFolder {
  readonly path: string;
  /** What is kept there and how much that is, as in "Pulumi with its plugins takes up to 1 GB". */
  readonly need: string;
  /** How another folder is chosen, as in "set NABOOM_MQTT_CACHE to another folder". */
  readonly elsewhere: string;
}

const CODES = /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS)$/;

/** Whether a file could not be written or read; a site's failure carries such a code in its cause alone. Pure. */
export function isFileError(error: unknown): error is Error & { code: string; syscall?: string } {
  return error instanceof Error && "code" in error && CODES.test(String(error.code));
}

/** Turns a full, forbidden or write-protected folder into a sentence; other errors stay what they are. Pure. */
export function explainFileError(error: unknown, { path, need, elsewhere }: WrittenFolder): unknown {
  if (isUnmakeable(error)) return new UserError(`${path} can't be made (${error.code}): ${elsewhere}.`);
  if (!isFileError(error)) return error;
  const { code, syscall } = error;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(
      `There is no space left in ${path} (${code}), and ${need}: make room there, or ${elsewhere}.`,
    );
  }
  if (code === "EROFS") return new UserError(`${path} is on a disk that can't be written: ${elsewhere}.`);
  // What can't be made is not there yet, and then chown has nothing to change.
  const making = syscall === "mkdir" ? `sudo mkdir -p ${path} && ` : "";
  return new UserError(
    `${path} can't be used by this user (${code}), perhaps since another one made it: ` +
      `run \`${making}sudo chown -R "$(id -u)" ${path}\`, or ${elsewhere}.`,
  );
}

/** Whether there is a file where a folder has to be, or Node.js says ENOENT, as it does of a write-protected disk. */
function isUnmakeable(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === "mkdir" && /^(ENOENT|ENOTDIR|EEXIST)$/.test(code ?? "");
}
