import { existsSync } from "node:fs";
import { join } from "node:path";
import { stdin, stdout } from "node:process";
import { z } from "zod";
import { runCommand, setCommand } from "../infra/mend.ts";
import { isKept } from "../infra/protection.ts";
import { projectFolder, projectName } from "../toolchain/project.ts";
import type { Stack } from "../toolchain/stack.ts";
import { stateCopies } from "../toolchain/state-copies.ts";
import { UserError } from "../toolchain/user-error.ts";
import { removeKits } from "./kit-folder.ts";
import { ask } from "./question.ts";
import { shellWord } from "./shell-word.ts";
import { StackConfig } from "./stack-config.ts";
import { mendStack, prepareWorkplace } from "./workplace.ts";

export interface DownOptions {
  readonly stack: string;
  readonly install: boolean;
  /** Deletes without asking. */
  readonly yes: boolean;
  /** Keeps volumes, passwords and certificates, so that the next `up` goes on where this one ended. */
  readonly keepData: boolean;
}

/** Takes the stack down: all of it, or only what runs. */
export async function down(options: DownOptions): Promise<number> {
  await StackConfig.read(options.stack); // Pulumi needs the file, and does not name it where it can't be read.
  const workplace = await prepareWorkplace({ ...options, tolerant: true });
  const { stack } = workplace;
  if ((await stack.resources()) === undefined) {
    stdout.write(`There is no stack ${stack.name}, so nothing was removed.\n${await leftovers(stack)}`);
    return 0;
  }
  if (!options.keepData) await refuseProtected(stack);
  await mendStack(workplace);
  return options.keepData ? await stop(stack) : await remove(stack, options.yes);
}

const state = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          protect: z.boolean().default(false),
          inputs: z.object({ name: z.unknown() }).partial().default({}),
        }),
      )
      .default([]),
  }),
});

/**
 * Refuses to remove a stack of which something is protected, before Pulumi would, which deletes some things
 * before it comes to one that it may not; and one whose config asks for it, though no update has seen that yet.
 *
 * @throws UserError that says what is protected, and how the protection is taken off
 */
export async function refuseProtected(stack: Pick<Stack, "name" | "export" | "config">): Promise<void> {
  const { deployment } = state.parse(await stack.export());
  const config = await stack.config();
  // Whatever is not false counts: what it was meant to be is for the user to say before anything is lost.
  const asked = config.has(PROTECT) && config.get(PROTECT) !== "false";
  const kept = deployment.resources.filter(({ protect, urn }) => protect || (asked && isKept(urn)));
  if (kept.length === 0) return;
  const what = kept.map(({ type, inputs }) =>
    type === VOLUME ? `its messages (volume ${inputs.name})` : (NOUNS[type] ?? type),
  );
  const updated = kept.some(({ protect }) => protect);
  const off = setCommand(stack.name, PROTECT, "false");
  throw new UserError(
    `stack ${stack.name} is protected${updated ? "" : " by its config"}, so nothing was removed: ` +
      `${[...new Set(what)].join(" and ")} would be lost; ` +
      `to take the protection off: ${updated ? `${off} && ${runCommand(stack.name, "up")}` : off}; ` +
      `to stop the stack and keep them: ${runCommand(stack.name, "down", "--keep-data")}`,
  );
}

const PROTECT = `${projectName}:protect`;

const VOLUME = "docker:index/volume:Volume";

/** What a user knows protected things as, by Pulumi's type. */
const NOUNS: Readonly<Record<string, string>> = Object.freeze({
  "tls:index/privateKey:PrivateKey": "its CA's key",
});

/** Takes away what runs, and keeps the rest. */
export async function stop(stack: Stack): Promise<number> {
  const running = ["docker:index/container:Container", "docker:index/network:Network"];
  const targets = running.flatMap((type) => ["--target", `**${type}::**`]);
  const { exitCode } = await stack.run([
    "destroy",
    "--yes",
    "--skip-preview",
    "--target-dependents",
    ...targets,
  ]);
  if (exitCode === 0) {
    stdout.write(
      `Volumes, passwords and certificates of ${stack.name} are kept; to go on: ${runCommand(stack.name, "up")}\n`,
    );
  }
  return exitCode;
}

async function remove(stack: Stack, yes: boolean): Promise<number> {
  const name = `${projectName}-${stack.name}`;
  const kits = join(projectFolder, "kits", stack.name);
  const what =
    `the volumes ${name}-data and ${name}-revisions, all passwords and the CA of stack ${stack.name}, ` +
    `the backups and the history of its state${existsSync(kits) ? `, and its kits in ${kits}` : ""}`;
  if (!yes && !(await confirmed(stack, what))) {
    stdout.write("Nothing was removed.\n");
    return 1;
  }
  const { exitCode } = await stack.run(["destroy", "--yes", "--skip-preview"]);
  if (exitCode !== 0) return exitCode;
  const removed = await stack.run(["stack", "rm", "--yes", "--preserve-config", "--remove-backups"]);
  if (removed.exitCode !== 0) return removed.exitCode;
  const kept = await removeKits(kits);
  stdout.write(`Gone for good: ${what}.\n${await leftovers(stack)}${keptFiles(kits, kept)}`);
  return 0;
}

/** What of a stack that is gone is still in the state's folder, from an earlier version's `down`, and how that goes. */
export async function leftovers({ name, stateFolder }: Pick<Stack, "name" | "stateFolder">): Promise<string> {
  const copies = stateFolder === undefined ? [] : await stateCopies(stateFolder, name);
  if (copies.length === 0) return "";
  return `Copies of the state of a stack ${name}, with its passwords and its CA's key, are still there; to remove them: rm -r ${copies.map(shellWord).join(" ")}\n`;
}

function keptFiles(kits: string, kept: readonly string[]): string {
  if (kept.length === 0) return "";
  return `Kept, since no kit has written them as they are: ${kept.join(", ")}; to remove them: rm -r ${shellWord(kits)}\n`;
}

async function confirmed(stack: Stack, what: string): Promise<boolean> {
  if (!stdin.isTTY) {
    throw new UserError(
      `this deletes ${what}, and nobody can be asked here; say so with: ${runCommand(stack.name, "down", "--yes")}`,
    );
  }
  const answer = await ask(`This deletes ${what}. Type the stack's name to go on: `, stdin, stdout);
  return answer?.trim() === stack.name;
}
