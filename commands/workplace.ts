import { callerStack, callerStackVariable, DEFAULT_STACK } from "../infra/mend.ts";
import { refuseConsoleName } from "../infra/names.ts";
import { paintNotice } from "../toolchain/colour.ts";
import { requireConfigRoom } from "../toolchain/config-room.ts";
import { prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { mendInterruptedUpdate } from "../toolchain/interrupted-update.ts";
import { createProgress, type Progress } from "../toolchain/progress.ts";
import { projectFolder } from "../toolchain/project.ts";
import { preparePulumi } from "../toolchain/pulumi.ts";
import { Stack } from "../toolchain/stack.ts";
import { prepareBackend } from "../toolchain/state-backend.ts";
import type { Workbench } from "../toolchain/throwaway-stack.ts";
import { type Images, imagesHere, imagesNeeded } from "./images.ts";
import { StackConfig } from "./stack-config.ts";

export interface WorkplaceOptions {
  /** The stack's name. */
  readonly stack: string;
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
  /** Whether images may be missing, as for a command that takes the stack down or mends its config. @default false */
  readonly tolerant?: boolean;
  /** Whether the images are built of the newest packages, whatever is here. @default false */
  readonly updateImage?: boolean;
  /** The stack's config, where it was read already. @default read anew */
  readonly config?: StackConfig;
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

/** Gets every part ready; of each that was made just now it is said how and why. */
export async function prepareWorkplace({
  stack,
  install,
  tolerant = false,
  updateImage = false,
  config: given,
}: WorkplaceOptions): Promise<Workplace> {
  if (!tolerant) refuseConsoleName(stack); // One that is there all the same can be taken down.
  const config = tolerant ? undefined : (given ?? (await StackConfig.read(stack)));
  const toolchain = await prepareToolchain(install, stackImages(stack, config, updateImage));
  if (config !== undefined) requireConfigRoom(toolchain.cli, config.bytes());
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
 * The images that a command for a stack works with.
 *
 * @param config none for a tolerant command, which reads no config, as it may be there to mend it
 */
export function stackImages(stack: string, config: StackConfig | undefined, update = false): Images {
  return config === undefined ? imagesHere : imagesNeeded(stack, { config, update });
}

/** A Docker engine, images and a Pulumi. */
export async function prepareToolchain(
  install: boolean,
  images: Images = imagesNeeded(DEFAULT_STACK),
  makePulumi = preparePulumi,
): Promise<Toolchain> {
  const progress = createProgress();
  const engine = await prepareDockerEngine({ install, progress });
  if (engine.how !== "running") progress.say(paintNotice.dim(engine.why));
  const handedOver = await images({ install, engine, progress });
  const pulumi = await makePulumi({ install, progress });
  // Pulumi's docker provider knows nothing of the context that the docker command uses.
  const host = engine.host === undefined ? {} : { DOCKER_HOST: engine.host };
  return { progress, cli: pulumi.cli, environment: { ...pulumi.environment, ...host, ...handedOver } };
}
