import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";

/** What a command took, all of its processes together. */
export interface Measurement {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of processor time, user and system, of every process that has ended; not the Docker engine's. */
  readonly processor: number;
  /** The most bytes that its processes held at a time; undefined where no system tells, as on a Mac. */
  readonly peak: number | undefined;
}

export interface MeasuredCommand {
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  /** What is added to the process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a command and measures it; what it prints is shown only where it fails.
 *
 * The shell's `times` (POSIX) has the times of all descendants that were waited for, which Pulumi does with its plugins.
 *
 * @throws Error with the command's last words
 */
export async function measure({ command, folder, environment = {} }: MeasuredCommand): Promise<Measurement> {
  const started = performance.now();
  const script = '"$@" >&2; code=$?; times; exit $code';
  const options = { cwd: folder, env: environment, reject: false, stdin: "ignore", all: true } as const;
  const running = execa("sh", ["-c", script, "sh", ...command], options);
  const memory = watchMemory(running.pid);
  const { exitCode, stdout, stderr } = await running;
  const wall = (performance.now() - started) / 1_000;
  const peak = await memory.end();
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed: ${stderr.slice(-2_000)}`);
  return { wall, processor: readTimes(stdout), peak };
}

/** The seconds in what `times` prints: user and system times, of the shell and then of its children. */
export function readTimes(printed: string): number {
  const times = [...printed.matchAll(/(\d+)m(\d+(?:\.\d+)?)s/g)];
  if (times.length !== 4) throw new Error(`times printed ${JSON.stringify(printed)}`);
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** The measurement with the least processor time, since whatever else the machine does only adds to it. */
export function leastOf(measurements: readonly [Measurement, ...Measurement[]]): Measurement {
  return measurements.reduce((least, other) => (other.processor < least.processor ? other : least));
}

/** Milliseconds between two looks. */
const PACE = 200;

/** Adds up again and again what a process and its descendants hold, and remembers the most. */
function watchMemory(pid: number | undefined): { end(): Promise<number | undefined> } {
  let most: number | undefined;
  let ended = false;
  const look = async () => {
    while (!ended && pid !== undefined) {
      const held = await memoryOf(pid);
      if (held !== undefined) most = Math.max(most ?? 0, held);
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
  };
  const looking = look();
  return {
    end: async () => {
      ended = true;
      await looking;
      return most;
    },
  };
}

/** Bytes of memory that a process and its descendants hold, as Linux tells them. */
async function memoryOf(root: number): Promise<number | undefined> {
  const ids = await readdir("/proc").catch(() => []);
  const processes = await Promise.all(ids.filter((id) => /^\d+$/.test(id)).map(readProcess));
  const known = new Map(processes.flatMap((found) => (found === undefined ? [] : [[found.pid, found]])));
  const isDescendant = (pid: number): boolean => {
    const parent = known.get(pid)?.parent;
    return pid === root || (parent !== undefined && parent > 1 && isDescendant(parent));
  };
  const held = [...known.values()].filter(({ pid }) => isDescendant(pid)).map(({ bytes }) => bytes);
  return held.length === 0 ? undefined : held.reduce((sum, bytes) => sum + bytes, 0);
}

async function readProcess(id: string) {
  const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
  const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (parent === undefined || kilobytes === undefined) return undefined;
  return { pid: Number(id), parent: Number(parent), bytes: Number(kilobytes) * 1_024 };
}
