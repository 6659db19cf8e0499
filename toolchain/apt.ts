import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { UserError } from "./user-error.ts";

/** Seconds that another apt or dpkg is waited for. */
const PATIENCE = 120;

export interface AptOptions {
  /** Where `apt-get source` lays what it downloads. @default the process's own folder */
  readonly cwd?: string;
  /** Ends apt-get. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs apt-get without questions, waiting up to two minutes for another one that holds a lock.
 *
 * @param note hears each line that apt-get prints
 * @throws UserError with apt-get's own last words
 */
export async function aptGet(
  args: readonly string[],
  note: (text: string) => void,
  options: AptOptions = {},
): Promise<string> {
  const deadline = Date.now() + PATIENCE * 1000;
  for (;;) {
    const result = await runOnce(args, note, options);
    if (result.exitCode === 0) return result.stdout;
    const output = result.all ?? "";
    // apt itself waits for the lock of dpkg alone, and not for that of the package lists.
    if (!LOCKED.test(output) || Date.now() > deadline) {
      throw new UserError(explainApt(args, output, "code" in result ? String(result.code) : ""));
    }
    await sleep(1000);
  }
}

async function runOnce(args: readonly string[], note: (text: string) => void, { cwd, signal }: AptOptions) {
  const run = execa("apt-get", ["-o", `DPkg::Lock::Timeout=${PATIENCE}`, "-q", ...args], {
    reject: false,
    stdin: "ignore",
    all: true,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
  });
  for await (const line of run.iterable({ from: "all" })) note(line.trim().slice(0, 70));
  return await run;
}

const LOCKED = /could not get lock|unable to lock/i;

/** The sentence for a failed apt-get. Pure. */
export function explainApt(args: readonly string[], output: string, code: string): string {
  const command = `apt-get ${args.find((arg) => /^(update|install|source)$/.test(arg)) ?? ""}`.trim();
  const words = output.split("\n").filter((line) => /^[EW]:/.test(line));
  const said = (words.length > 0 ? words : output.trim().split("\n")).slice(-3).join("\n  ");
  if (code === "ENOENT") return "There is no apt-get here; it is on Debian and Ubuntu.";
  if (/no space left|enough free space/i.test(output)) {
    return `\`${command}\` found no space left on the disk. Make room and run this again. It said:\n  ${said}`;
  }
  if (LOCKED.test(output) || /dpkg was interrupted/i.test(output)) {
    return `\`${command}\` could not lock the package database. Let the other apt end, or run \`dpkg --configure -a\`. It said:\n  ${said}`;
  }
  if (/could not resolve|could not connect|temporary failure|connection (failed|timed out)/i.test(output)) {
    return `\`${command}\` could not reach the package mirror. Check the network and /etc/apt. It said:\n  ${said}`;
  }
  return `\`${command}\` failed. It said:\n  ${said}`;
}
