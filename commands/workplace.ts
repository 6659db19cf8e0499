import { consoleImageVariable, imageVariable } from "../infra/image.ts";
import { callerStack, callerStackVariable, DEFAULT_STACK, pulumiCommand } from "../infra/mend.ts";
import { type BrokerImage, prepareBrokerImage } from "../toolchain/broker-image.ts";
import { paintNotice } from "../toolchain/colour.ts";
import { prepareConsoleImage } from "../toolchain/console-image.ts";
import { type DockerEngine, prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { mendInterruptedUpdate } from "../toolchain/interrupted-update.ts";
import { createProgress, type Progress } from "../toolchain/progress.ts";
import { projectFolder } from "../toolchain/project.ts";
import { preparePulumi } from "../toolchain/pulumi.ts";
import { Stack } from "../toolchain/stack.ts";
import { prepareBackend } from "../toolchain/state-backend.ts";
import type { Workbench } from "../toolchain/throwaway-stack.ts";
import { StackConfig } from "./stack-config.ts";

export interface WorkplaceOptions {
  /** The stack's name. */
  readonly stack: string;
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
  /** Whether a configured image may be missing, as for a command that mends the config. @default false */
  readonly tolerant?: boolean;
}

/** What a command works with. */
export interface Workplace {
  readonly stack: Stack;
  readonly progress: Progress;
}

/** The tools, whatever stack they are used for. */
export interface Toolchain extends Workbench {
  readonly progress: Progress;
}

/** Gets every part ready, and says of each that was made just now how and why. */
export async function prepareWorkplace({
  stack,
  install,
  tolerant = false,
}: WorkplaceOptions): Promise<Workplace> {
  const config = tolerant ? undefined : await StackConfig.read(stack);
  const toolchain = await prepareToolchain(install, stack, config);
  const backend = await prepareBackend({ projectFolder });
  if (backend.notice !== undefined) toolchain.progress.say(paintNotice.yellow(backend.notice));
  const environment = { ...toolchain.environment, ...backend.environment, ...stackEnvironment(stack) };
  return {
    progress: toolchain.progress,
    stack: new Stack({ name: stack, cli: toolchain.cli, environment, keepSettings: backend.own }),
  };
}

/** What tells Pulumi the stack; and its program, which prints commands, what a command without one is about. */
export function stackEnvironment(stack: string): Readonly<Record<string, string>> {
  return { PULUMI_STACK: stack, [callerStackVariable]: callerStack() };
}

/** Puts the stack in order where its last update was killed, and says so; every command that updates begins with it. */
export async function mendStack({ stack, progress }: Workplace): Promise<void> {
  const work = () => mendInterruptedUpdate(stack);
  for (const sentence of await progress.step("putting an interrupted update in order", work)) {
    progress.say(paintNotice.yellow(sentence));
  }
}

/**
 * A Docker engine, images and a Pulumi; the console's image where there is to be one.
 *
 * @param config where the stack may name images
 */
export async function prepareToolchain(
  install: boolean,
  stack = DEFAULT_STACK,
  config?: StackConfig,
): Promise<Toolchain> {
  const progress = createProgress();
  const engine = await prepareDockerEngine({ install, progress });
  if (engine.how !== "running") progress.say(paintNotice.dim(engine.why));
  const common = { install, engine, progress, pulumi: pulumiCommand(stack) };
  const brokerImage = await prepareBrokerImage({ ...common, configured: config?.image() });
  if (MADE.has(brokerImage.how)) progress.say(paintNotice.dim(brokerImage.why));
  const pulumi = await preparePulumi({ install, progress });
  if (MADE.has(pulumi.how)) progress.say(paintNotice.dim(`Pulumi ${pulumi.version}: ${pulumi.why}`));
  const environment = { ...pulumi.environment, ...engineEnvironment(engine, brokerImage) };
  const page = config?.console();
  if (page?.enabled && page.image === undefined) {
    Object.assign(environment, {
      [consoleImageVariable]: await prepareConsoleImage(common),
    });
  }
  return { progress, cli: pulumi.cli, environment };
}

/** Ways that took something to be made just now, which the user wants to hear of. */
const MADE: ReadonlySet<string> = new Set(["pulled", "downloaded", "built"]);

/** What Pulumi's program and its docker provider have to know of the engine and the image. */
function engineEnvironment(engine: DockerEngine, image: BrokerImage): Record<string, string> {
  const host = engine.host === undefined ? {} : { DOCKER_HOST: engine.host };
  return image.how === "configured" ? host : { ...host, [imageVariable]: image.reference };
}
