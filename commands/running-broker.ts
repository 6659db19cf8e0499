import { runCommand } from "../infra/mend.ts";
import { type EngineNames, engineNames } from "../infra/names.ts";
import { publishMount, reloadScript } from "../mosquitto/delivery.ts";
import { layout } from "../mosquitto/layout.ts";
import type { DockerResult } from "../toolchain/docker.ts";
import { projectName } from "../toolchain/project.ts";
import { UserError } from "../toolchain/user-error.ts";

/** Runs the docker CLI. */
export type Docker = (
  args: readonly string[],
  options: { readonly timeout: number },
) => Promise<Pick<DockerResult, "exitCode" | "stdout" | "stderr">>;

/** What one step may take. */
const TIMEOUT = Object.freeze({ timeout: 60_000 });

/** A stack's broker that runs, and the volume of its revisions. A step that fails throws a UserError with the last words. */
export class RunningBroker {
  readonly #names: EngineNames;
  readonly #image: string;
  readonly #docker: Docker;

  private constructor(names: EngineNames, image: string, docker: Docker) {
    this.#names = names;
    this.#image = image;
    this.#docker = docker;
  }

  /** @throws UserError that names the command, where it does not run */
  static async find(stack: string, docker: Docker): Promise<RunningBroker> {
    const names = engineNames(projectName, stack);
    const format = "{{if .State.Running}}{{.Config.Image}}{{end}}";
    const {
      exitCode,
      stdout: image,
      stderr,
    } = await docker(["inspect", "--format", format, names.broker], TIMEOUT);
    if (exitCode === 0 && image.trim() !== "") return new RunningBroker(names, image.trim(), docker);
    throw new UserError(
      `stack ${stack} is not up; bring it up with: ${runCommand(stack, "up")} (${lastLine(stderr, "its broker does not run")})`,
    );
  }

  /** The container's name. */
  get container(): string {
    return this.#names.broker;
  }

  /** Runs a script that sees all revisions, and gives what it prints. */
  inVolume(script: string, ...args: readonly string[]): Promise<string> {
    return this.#run([
      ...confined("none"),
      "--cap-add=DAC_OVERRIDE",
      `--volume=${this.#names.revisions}:${publishMount}`,
      ...this.#shell(script, args),
    ]);
  }

  /** Has the broker take the revision in force over, and proves that it has. */
  async reload(revision: string): Promise<void> {
    const { broker, revisions } = this.#names;
    await this.#run([
      ...confined(`container:${broker}`),
      `--pid=container:${broker}`,
      `--user=${layout.owner}:${layout.owner}`,
      "--read-only",
      `--volume=${revisions}:${layout.revisions}:ro`,
      ...this.#shell(reloadScript, [revision]),
    ]);
  }

  /** Has the next update deliver its files whatever they are. */
  async forgetPublishing(): Promise<void> {
    await this.#run(["rm", "--force", this.#names.publish]);
  }

  #shell(script: string, args: readonly string[]): string[] {
    return [this.#image, "-c", script, "back", ...args];
  }

  async #run(args: readonly string[]): Promise<string> {
    const { exitCode, stdout: output, stderr } = await this.#docker(args, TIMEOUT);
    if (exitCode === 0) return output;
    throw new UserError(lastLine(stderr, "no answer from Docker"));
  }
}

function confined(network: string): string[] {
  return [
    "run",
    "--rm",
    `--network=${network}`,
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--entrypoint=/bin/sh",
  ];
}

function lastLine(text: string, silent: string): string {
  return text.trim().split("\n").at(-1) || silent;
}
