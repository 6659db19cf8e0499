import { consoleImageVariable, imageVariable } from "../infra/image.ts";
import { pulumiCommand } from "../infra/mend.ts";
import { paintNotice } from "../toolchain/colour.ts";
import type { DockerEngine } from "../toolchain/docker-engine.ts";
import { findBrokerImage, prepareBrokerImage } from "../toolchain/images/broker-image.ts";
import { consoleImage, prepareConsoleImage } from "../toolchain/images/console-image.ts";
import { findDebianImage } from "../toolchain/images/debian-image.ts";
import type { Progress } from "../toolchain/progress.ts";
import type { StackConfig } from "./stack-config.ts";

/** What images are prepared with. */
export interface ImageTools {
  /** Whether an image may be pulled or built. */
  readonly install: boolean;
  readonly engine: DockerEngine;
  readonly progress: Progress;
}

/** Gives the variables that hand the images over to Pulumi's program, which takes a configured one before them. */
export type Images = (tools: ImageTools) => Promise<Readonly<Record<string, string>>>;

/** The images that are on the engine; nothing is pulled or built, and one that is missing is for the program to name. */
export const imagesHere: Images = async () => {
  const [broker, page] = await Promise.all([findBrokerImage(), findDebianImage(consoleImage)]);
  return {
    ...(broker === undefined ? {} : { [imageVariable]: broker.reference }),
    ...(page === undefined ? {} : { [consoleImageVariable]: page }),
  };
};

/**
 * Every image that a stack needs, pulled or built where it is missing; the console's where there is to be one.
 *
 * @param config where the stack may name images; @default none are named
 */
export function imagesNeeded(stack: string, config?: StackConfig): Images {
  return async (tools) => {
    const common = { ...tools, pulumi: pulumiCommand(stack) };
    const broker = await prepareBrokerImage({ ...common, configured: config?.image() });
    if (MADE.has(broker.how)) tools.progress.say(paintNotice.dim(broker.why));
    const page = config?.console();
    const served = page?.enabled && page.image === undefined;
    return {
      ...(broker.how === "configured" ? {} : { [imageVariable]: broker.reference }),
      ...(served ? { [consoleImageVariable]: await prepareConsoleImage(common) } : {}),
    };
  };
}

/** Ways that took an image to be made just now, which the user wants to hear of. */
const MADE: ReadonlySet<string> = new Set(["pulled", "built"]);
