import { readFileSync, rmSync } from "node:fs";

/**
 * The id in a file that a daemon keeps its own in; undefined unless that process lives and is one of `program`.
 *
 * An id outlives its process where the daemon was killed and `/run` is kept, as in a container's or a machine's
 * snapshot, and may be another program's by then.
 */
export function readProcessId(file: string, program: string): number | undefined {
  const id = Number(readText(file));
  return id > 0 && readProgram(id) === program ? id : undefined;
}

/**
 * Removes the file if its id has become another program's: a daemon that finds a living process under it takes
 * that one for itself and does not start. Whether it was removed.
 */
export function removeForeignId(file: string, program: string): boolean {
  // Both steps at once, without a wait between them in which a daemon could put its own id there.
  const id = Number(readText(file));
  if (!(id > 0) || readText(`/proc/${id}/stat`) === "" || readProgram(id) === program) return false;
  rmSync(file, { force: true });
  return true;
}

/** The name of a process's program, at most 15 characters; undefined if it is gone, or is one only to be buried. */
export function readProgram(id: number): string | undefined {
  const [, program, state] = /^\d+ \((.*)\) (\S)/s.exec(readText(`/proc/${id}/stat`)) ?? [];
  return state === "Z" || state === "X" ? undefined : program;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
