import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { execa } from "execa";
import { stringify } from "yaml";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { projectName } from "../toolchain/project.ts";
import type { StackSettings, ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { ProjectCopy } from "./project-copy.ts";

/** The project's real commands, run in a copy of the project on a throwaway stack. */
export class StackCommands {
  readonly #throwaway: ThrowawayStack;
  readonly #copy: ProjectCopy;

  private constructor(throwaway: ThrowawayStack, copy: ProjectCopy) {
    this.#throwaway = throwaway;
    this.#copy = copy;
  }

  /** @param settings of the stack, as {@link ThrowawayStack.configure} takes them; `rotate` changes them in the copy alone */
  static async create(throwaway: ThrowawayStack, settings: StackSettings): Promise<StackCommands> {
    const copy = await ProjectCopy.create();
    const entries = Object.entries({ listeners: throwaway.ports, ...settings });
    const config = Object.fromEntries(entries.map(([key, value]) => [`${projectName}:${key}`, value]));
    const file = join(copy.folder, `Pulumi.${throwaway.stack.name}.yaml`);
    await writeFile(file, stringify({ config }));
    return new StackCommands(throwaway, copy);
  }

  /** Runs a command, for instance `rotate users web`, as `npm run` would; never throws. */
  async run(command: string, ...args: readonly string[]): Promise<{ exitCode: number; output: string }> {
    const { workbench, stack } = this.#throwaway;
    const state = stack.stateFolder ?? "";
    const start = join(this.#copy.folder, "toolchain", "start.mjs");
    const result = await execa(execPath, [start, command, "--stack", stack.name, ...args], {
      cwd: this.#copy.folder,
      env: {
        ...workbench.environment,
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: join(state, "passphrase"),
        PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      },
      all: true,
      reject: false,
      stdin: "ignore",
    });
    return { exitCode: result.exitCode ?? 128, output: result.all };
  }

  async outputs(): Promise<StackOutputs> {
    return stackOutputs.parse(await this.#throwaway.stack.outputs());
  }

  /** Removes the copy, and leaves the stack. */
  remove(): Promise<void> {
    return this.#copy.remove();
  }
}
