import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";
import { runCommand } from "../infra/mend.ts";
import { projectName } from "../toolchain/project.ts";
import type { Stack } from "../toolchain/stack.ts";
import { UserError } from "../toolchain/user-error.ts";
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
  const workplace = await prepareWorkplace({ ...options, tolerant: true });
  const { stack } = workplace;
  if ((await stack.resources()) === undefined) {
    stdout.write(`There is no stack ${stack.name}, so nothing was removed.\n`);
    return 0;
  }
  await mendStack(workplace);
  return options.keepData ? await stop(stack) : await remove(stack, options.yes);
}

async function stop(stack: Stack): Promise<number> {
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
  const what = `the volumes ${projectName}-${stack.name}-data and ${projectName}-${stack.name}-revisions, all passwords and the CA of stack ${stack.name}`;
  if (!yes && !(await confirmed(stack, what))) {
    stdout.write("Nothing was removed.\n");
    return 1;
  }
  const { exitCode } = await stack.run(["destroy", "--yes", "--skip-preview"]);
  if (exitCode !== 0) return exitCode;
  return (await stack.run(["stack", "rm", "--yes", "--preserve-config"])).exitCode;
}

async function confirmed(stack: Stack, what: string): Promise<boolean> {
  if (!stdin.isTTY) {
    throw new UserError(
      `this deletes ${what}, and nobody can be asked here; say so with: ${runCommand(stack.name, "down", "--yes")}`,
    );
  }
  const prompt = createInterface({ input: stdin, output: stdout });
  try {
    const answer = await prompt.question(`This deletes ${what}. Type the stack's name to go on: `);
    return answer.trim() === stack.name;
  } finally {
    prompt.close();
  }
}
