import { officialImage } from "../../mosquitto/image.ts";
import { type DockerEngine, requireEngineSpace } from "../docker-engine.ts";
import type { Progress } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { brokerImage } from "./broker/recipe.ts";
import {
  type ConfigMend,
  isImageHere,
  plainPulumi,
  requireConfiguredImage,
  requireInstall,
} from "./configured-image.ts";
import { buildDebianImage, checkArchitecture, findDebianImage } from "./debian-image.ts";
import { findDebianArchive } from "./debian-packages.ts";
import { pullImage } from "./pull.ts";

/** The image that the broker runs from. */
export interface BrokerImage {
  readonly reference: string;
  readonly how: "configured" | "found" | "pulled" | "built";
  /** One sentence for people: which image, and why it is this one. */
  readonly why: string;
}

export interface BrokerImageOptions extends ConfigMend {
  /** The stack's config value `image`. @default none: the official image, or one built from packages */
  readonly configured?: string | undefined;
  /** Whether an image may be pulled or built. */
  readonly install: boolean;
  readonly engine: DockerEngine;
  readonly progress: Progress;
}

/**
 * Gives the broker image: the configured one; else what is here already, so that a running stack keeps
 * its image; else the official one from a registry; else one built from Debian packages.
 *
 * @throws UserError if the configured image can't be had, or no way is left
 */
export async function prepareBrokerImage(options: BrokerImageOptions): Promise<BrokerImage> {
  const { configured } = options;
  if (configured !== undefined) return await useConfigured(configured, options);
  const here = await findBrokerImage();
  if (here !== undefined) return here;
  requireInstall(options, "The broker image");
  await requireEngineSpace();
  const pulled = await pullImage(officialImage, options.progress);
  if (pulled.done) {
    return { reference: officialImage, how: "pulled", why: "The official image, pulled by its digest." };
  }
  return await build(options, pulled.reason);
}

/** The broker image that is on the engine already, if there is one; nothing is pulled or built. */
export async function findBrokerImage(): Promise<BrokerImage | undefined> {
  return chooseLocal({
    built: await findDebianImage(brokerImage),
    official: await isImageHere(officialImage),
  });
}

/** Which of the images that are here to use, if any. Pure. */
export function chooseLocal(images: {
  readonly built: string | undefined;
  readonly official: boolean;
}): BrokerImage | undefined {
  if (images.built !== undefined) {
    return { reference: images.built, how: "found", why: "Built from Debian packages earlier." };
  }
  if (images.official) {
    return { reference: officialImage, how: "found", why: "The official image, here already." };
  }
  return undefined;
}

async function useConfigured(reference: string, options: BrokerImageOptions): Promise<BrokerImage> {
  await requireConfiguredImage({ ...options, reference, key: "image" });
  return { reference, how: "configured", why: "The stack's config names it." };
}

async function build(options: BrokerImageOptions, reason: string): Promise<BrokerImage> {
  try {
    checkArchitecture(options.engine.architecture);
    const archive = await findDebianArchive();
    options.progress.say(
      `The official image can't be pulled (${reason}): building one from Debian packages.`,
    );
    const reference = await options.progress.step("building the broker image", (note) =>
      buildDebianImage(brokerImage, archive, note),
    );
    return {
      reference,
      how: "built",
      why: `Built from Debian packages, as the official image can't be pulled (${reason}).`,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw noImage(reason, error.message, options.pulumi);
  }
}

/** The sentence for a machine that no image can be had on. Pure. */
export function noImage(pull: string, building: string, pulumi = plainPulumi): UserError {
  return new UserError(
    `There is no broker image: the official one can't be pulled (${pull}), and none can be built from Debian ` +
      `packages (${building}). Give one that is on this engine, with Mosquitto 2.1.2 or newer, with ` +
      `\`${pulumi} config set naboom-mqtt:image NAME:TAG\`, or mend either.`,
  );
}
