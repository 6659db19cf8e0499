import { consoleImageVariable, imageVariable } from "../infra/image.ts";
import { pulumiCommand, runCommand } from "../infra/mend.ts";
import { paintNotice } from "../toolchain/colour.ts";
import type { DockerEngine } from "../toolchain/docker-engine.ts";
import { findBrokerImage, prepareBrokerImage } from "../toolchain/images/broker-image.ts";
import { consoleImage, prepareConsoleImage } from "../toolchain/images/console-image.ts";
import { findDebianImage } from "../toolchain/images/debian-image.ts";
import type { Progress } from "../toolchain/progress.ts";
import { UserError } from "../toolchain/user-error.ts";
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

/** Which images a stack needs, and how they are had. */
export interface ImageNeeds {
  /** Where the stack may name images. @default none are named */
  readonly config?: StackConfig | undefined;
  /** Whether they are built of the newest packages, whatever is here. @default false */
  readonly update?: boolean;
}

/** Every image that a stack needs, pulled or built where it is missing; the console's where there is to be one. */
export function imagesNeeded(stack: string, { config, update = false }: ImageNeeds = {}): Images {
  return async (tools) => {
    const common = { ...tools, update, pulumi: pulumiCommand(stack) };
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

/**
 * Refuses to build images anew where none may be built, or where the stack would not run from them.
 *
 * @param configured the image that the stack's config names
 */
export function checkImageUpdate(
  { stack, install }: { readonly stack: string; readonly install: boolean },
  configured: string | undefined,
): void {
  if (!install) {
    throw new UserError(
      `--update-image builds images, and --no-install forbids that: ${runCommand(stack, "up", "--update-image")}`,
    );
  }
  if (configured === undefined) return;
  const pulumi = pulumiCommand(stack);
  throw new UserError(
    `--update-image builds the broker image anew, but the stack's config names ${configured}: give a newer one with ` +
      `\`${pulumi} config set naboom-mqtt:image NAME:TAG\`, or go back to the built one with \`${pulumi} config rm naboom-mqtt:image\``,
  );
}

/** Ways that took an image to be made just now, which the user wants to hear of. */
const MADE: ReadonlySet<string> = new Set(["pulled", "built"]);
