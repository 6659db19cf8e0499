import { randomUUID } from "node:crypto";
import { realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { cwd, env } from "node:process";
import type { Proof } from "../smoke-tests/proof.ts";
import { renderJunit } from "../smoke-tests/report/junit.ts";
import { replaceFile } from "../toolchain/replaced-file.ts";
import { UserError } from "../toolchain/user-error.ts";
import { shellWord } from "./shell-word.ts";

/**
 * Makes sure that a JUnit file can be written, and removes an earlier one, so that nobody takes that for this run's.
 *
 * @param given a path, relative to the caller's folder
 * @returns the file's absolute path
 * @throws UserError if it can't be written
 */
export async function prepareJunitFile(given: string): Promise<string> {
  const path = resolve(env.INIT_CWD || cwd(), given);
  const file = await realpath(path).catch(() => path);
  const earlier = await stat(file).catch(() => undefined);
  if (given === "" || earlier?.isFile() === false) throw unwritable(given, "it is no file", "report.xml");
  try {
    const probe = `${file}.${randomUUID()}.new`;
    await writeFile(probe, "", { mode: 0o600, flag: "wx" });
    await rm(probe);
    await rm(file, { force: true });
    return file;
  } catch (error) {
    const { code = "no code" } = error as NodeJS.ErrnoException;
    throw unwritable(given, code, given);
  }
}

/** Writes a proof in one step, readable by everybody: no secret is in it. */
export async function writeJunitFile(file: string, proof: Proof): Promise<void> {
  await replaceFile(file, renderJunit(proof), 0o644);
}

function unwritable(given: string, why: string, wanted: string): UserError {
  return new UserError(
    `--junit ${given === "" ? "''" : given} can't be written (${why}), so nothing was proved; it must be a file in a folder ` +
      `that is there and that this user may write to: mkdir -p ${shellWord(dirname(wanted))}`,
  );
}
