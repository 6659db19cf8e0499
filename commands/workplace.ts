import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { env, stderr } from "node:process";
import colors from "picocolors";
import { parse } from "yaml";
import { imageVariable } from "../infra/image.ts";
import { type BrokerImage, prepareBrokerImage } from "../toolchain/broker-image.ts";
import { type DockerEngine, prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { createProgress, type Progress } from "../toolchain/progress.ts";
import { projectFolder, projectName } from "../toolchain/project.ts";
import { type Pulumi, preparePulumi } from "../toolchain/pulumi.ts";
import { Stack } from "../toolchain/stack.ts";
import { prepareBackend } from "../toolchain/state-backend.ts";

export interface WorkplaceOptions {
  /** The stack's name. */
  readonly stack: string;
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
}

/** Everything that a command works with: a Docker engine, an image, a Pulumi, and the stack. */
export interface Workplace {
  readonly engine: DockerEngine;
  readonly image: BrokerImage;
  readonly pulumi: Pulumi;
  readonly stack: Stack;
  readonly progress: Progress;
}

/** Gets every part of the toolchain ready, and says of each that was made just now how and why. */
export async function prepareWorkplace({ stack, install }: WorkplaceOptions): Promise<Workplace> {
  const progress = createProgress();
  const engine = await prepareDockerEngine({ install, progress });
  if (engine.how !== "running") progress.say(colors.dim(engine.why));
  const configured = await configuredImage(stack);
  const [image, pulumi] = [
    await prepareBrokerImage({ configured, engine, progress }),
    await preparePulumi({ install, progress }),
  ];
  if (image.how === "pulled" || image.how === "built") progress.say(colors.dim(image.why));
  if (pulumi.how === "downloaded" || pulumi.how === "built")
    progress.say(colors.dim(`Pulumi ${pulumi.version}: ${pulumi.why}`));
  const backend = await prepareBackend({ projectFolder });
  if (backend.notice !== undefined) progress.say(colors.yellow(backend.notice));
  const environment = {
    ...pulumi.environment,
    ...backend.environment,
    ...engineEnvironment(engine, image),
    PULUMI_STACK: stack,
  };
  return {
    engine,
    image,
    pulumi,
    progress,
    stack: new Stack({ name: stack, cli: pulumi.cli, environment, keepSettings: backend.own }),
  };
}

/** What Pulumi's program and its docker provider have to know of the engine and the image. */
export function engineEnvironment(engine: DockerEngine, image: BrokerImage): Record<string, string> {
  const host = engine.host === undefined ? {} : { DOCKER_HOST: engine.host };
  return image.how === "configured" ? host : { ...host, [imageVariable]: image.reference };
}

/** Colours for what a command says on standard error, plain in a pipe. */
export const paint = colors.createColors(stderr.isTTY === true && env.NO_COLOR === undefined);

/** The image that the stack's config names; a config that cannot be read is for Pulumi to refuse. */
async function configuredImage(stack: string): Promise<string | undefined> {
  const text = await readFile(join(projectFolder, `Pulumi.${stack}.yaml`), "utf8").catch(() => "");
  try {
    const image = parse(text)?.config?.[`${projectName}:image`];
    return typeof image === "string" ? image : undefined;
  } catch {
    return undefined;
  }
}
