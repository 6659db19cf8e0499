import { existsSync } from "node:fs";
import { platform } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "./user-error.ts";

/** Bytes that Linux allows for a variable of a new process, its name and end included (MAX_ARG_STRLEN, execve(2)). */
const VARIABLE_BYTES = 131_072;

const NAME_BYTES = "PULUMI_CONFIG=\0".length;

/**
 * Refuses a config that Pulumi's own language host can't hand on to the program, which would fail with E2BIG. The host
 * that this project puts beside a CLI that it has built hands on any.
 *
 * @param cli the absolute path of the Pulumi CLI
 * @param bytes of the config as JSON
 * @throws UserError
 */
export function requireConfigRoom(cli: string, bytes: number, system = platform()): void {
  if (system !== "linux" || bytes + NAME_BYTES <= VARIABLE_BYTES) return;
  if (existsSync(join(dirname(cli), "program-config.cjs"))) return;
  throw new UserError(
    `the stack's config has ${bytes.toLocaleString("en")} bytes, and the language host of ${cli} hands on at most ` +
      `${(VARIABLE_BYTES - NAME_BYTES).toLocaleString("en")}, as Linux allows 128 KiB for a variable (some 2,600 users): ` +
      "divide the users among several stacks, see docs/environments.md",
  );
}
