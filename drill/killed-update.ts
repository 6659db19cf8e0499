import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { ThrowawayStack } from "../toolchain/throwaway-stack.ts";

/** What happens to one of the stack's containers in the course of an update, as Docker calls it. */
export interface Moment {
  readonly role: "broker" | "publish" | "reload";
  readonly action: "destroy" | "create" | "start" | "die";
}

/** Runs an update, and does something as soon as the moment has come. */
export async function interruptUpdate(
  throwaway: ThrowawayStack,
  { role, action }: Moment,
  interrupt: () => Promise<void>,
): Promise<{ exitCode: number; output: string }> {
  const events = execa({ reject: false, buffer: false })("docker", [
    "events",
    ...["--since", `${Date.now() / 1000}`],
    ...["--filter", `container=${throwaway.prefix}-${role}`, "--filter", `event=${action}`],
    ...["--format", "{{.Action}}"],
  ]);
  const update = throwaway.up();
  const moment = new Promise<true>((resolve) => {
    createInterface({ input: events.stdout }).once("line", () => resolve(true));
  });
  try {
    const seen = await Promise.race([moment, update.then(() => false as const)]);
    if (!seen) throw new Error(`the update ended before ${role} had a ${action}: ${(await update).output}`);
    await interrupt();
    return await update;
  } finally {
    events.kill();
    await events;
  }
}

/** Kills an update with all its processes, none of which can put anything in order. */
export async function killUpdate({ stack }: ThrowawayStack): Promise<void> {
  const processes = await listProcesses();
  const roots = processes.filter(
    ({ parent, command }) => parent === process.pid && command.includes(stack.name),
  );
  if (roots.length === 0) throw new Error(`no process of ours updates stack ${stack.name}`);
  const doomed = roots.map(({ id }) => id);
  for (const parent of doomed) {
    doomed.push(...processes.filter((each) => each.parent === parent).map(({ id }) => id));
  }
  for (const id of doomed) kill(id);
}

/**
 * Waits until the containers of an update whose processes are gone have come to their own end.
 *
 * The engine may have been asked to start one just before, so it has to be quiet for a while.
 */
export async function settle({ prefix }: ThrowawayStack): Promise<void> {
  let quiet = 0;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const args = ["ps", "--filter", `name=^/${prefix}-(publish|reload)$`, "--format", "{{.Names}}"];
    quiet = (await execa("docker", args)).stdout === "" ? quiet + 1 : 0;
    if (quiet === QUIET) return;
    await sleep(100);
  }
  throw new Error("a container of the killed update does not end");
}

/** Looks in a row, 100 ms apart. */
const QUIET = 10;

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
}

async function listProcesses(): Promise<readonly Process[]> {
  const { stdout } = await execa("ps", ["-ewwo", "pid=,ppid=,args="]);
  return stdout.split("\n").flatMap((line) => {
    const [, id, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ id: Number(id), parent: Number(parent), command }];
  });
}

function kill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
