import { officialImage } from "../../mosquitto/image.ts";
import { type DockerEngine, requireEngineSpace } from "../docker-engine.ts";
import type { Progress } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { type BrokerVariant, brokerImage } from "./broker/recipe.ts";
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
import { rebuildImage } from "./rebuilt-image.ts";

/** The image that the broker runs from. */
export interface BrokerImage {
  readonly reference: string;
  readonly how: "configured" | "found" | "pulled" | "built" | "updated";
  /** One sentence for people: which image, and why it is this one. */
  readonly why: string;
}

export interface BrokerImageOptions extends ConfigMend {
  /** The stack's config value `image`. @default none: one built here, or the official one */
  readonly configured?: string | undefined;
  /** Whether an image may be pulled or built. */
  readonly install: boolean;
  /** Whether one is built of the newest packages, whatever is here. @default false */
  readonly update?: boolean;
  readonly engine: DockerEngine;
  readonly progress: Progress;
}

/**
 * Gives the broker image: the configured one; else one that was built earlier, so that a running stack keeps
 * its image; else one built from Debian's source with this project's patches; else the official one.
 *
 * The official image lacks the patches, so it is only for machines that none can be built on.
 *
 * @throws UserError if the configured image can't be had, or no way is left
 */
export async function prepareBrokerImage(options: BrokerImageOptions): Promise<BrokerImage> {
  const { configured, install, update = false } = options;
  if (configured !== undefined) return await useConfigured(configured, options);
  if (update) return await rebuild(options);
  const here = await findBrokerImage();
  if (here !== undefined && (here.built || !install)) return here;
  requireInstall(options, "The broker image");
  await requireEngineSpace();
  const built = await tryToBuild(options);
  if (built.image !== undefined) return built.image;
  if (here === undefined) return await pullOfficial(options, built.reason);
  options.progress.say(
    `No broker image can be built (${built.reason}): the official one, which is here, has no patches.`,
  );
  return here;
}

/** The broker image that is on the engine already, if there is one; nothing is pulled or built. */
export async function findBrokerImage(): Promise<(BrokerImage & { readonly built: boolean }) | undefined> {
  const built = await findDebianImage(brokerImage());
  return chooseLocal({ built, official: built === undefined && (await isImageHere(officialImage)) });
}

/** Which of the images that are here to use, if any. Pure. */
export function chooseLocal(images: {
  readonly built: string | undefined;
  readonly official: boolean;
}): (BrokerImage & { readonly built: boolean }) | undefined {
  if (images.built !== undefined) {
    return { reference: images.built, how: "found", why: "Built from Debian's source earlier.", built: true };
  }
  if (images.official) {
    return {
      reference: officialImage,
      how: "found",
      why: "The official image, here already.",
      built: false,
    };
  }
  return undefined;
}

/**
 * Builds a broker image from Debian's source and packages, whatever is here, and gives its reference.
 *
 * @param note hears what is being done
 * @throws UserError if packages can't be had, or a patch does not apply
 */
export async function buildBrokerImage(
  variant: BrokerVariant = {},
  note: (text: string) => void = () => {},
): Promise<string> {
  return await buildDebianImage(brokerImage(variant), await findDebianArchive(), note);
}

async function useConfigured(reference: string, options: BrokerImageOptions): Promise<BrokerImage> {
  await requireConfiguredImage({ ...options, reference, key: "image" });
  return { reference, how: "configured", why: "The stack's config names it." };
}

async function rebuild(options: BrokerImageOptions): Promise<BrokerImage> {
  requireInstall(options, "A newer broker image");
  await requireEngineSpace();
  checkArchitecture(options.engine.architecture);
  const reference = await rebuildImage(brokerImage(), "the broker image", options.progress);
  return { reference, how: "updated", why: "Built anew, as --update-image asks for." };
}

type Attempt =
  | { readonly image: BrokerImage; readonly reason?: never }
  | { readonly image?: never; readonly reason: string };

async function tryToBuild({ engine, progress }: BrokerImageOptions): Promise<Attempt> {
  try {
    checkArchitecture(engine.architecture);
    const archive = await findDebianArchive();
    const reference = await progress.step("building the broker image from Debian's source", (note) =>
      buildDebianImage(brokerImage(), archive, note),
    );
    const why = "Built from Debian's source of Mosquitto, with this project's patches.";
    return { image: { reference, how: "built", why } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { reason: error.message };
  }
}

async function pullOfficial(options: BrokerImageOptions, reason: string): Promise<BrokerImage> {
  options.progress.say(`The broker image can't be built (${reason}): asking for the official one.`);
  const pulled = await pullImage(officialImage, options.progress);
  if (!pulled.done) throw noImage(pulled.reason, reason, options.pulumi);
  return {
    reference: officialImage,
    how: "pulled",
    why: `The official image, without this project's patches, as none can be built (${reason}).`,
  };
}

/** The sentence for a machine that no image can be had on. Pure. */
export function noImage(pull: string, building: string, pulumi = plainPulumi): UserError {
  return new UserError(
    `There is no broker image: none can be built from Debian's source (${building}), and the official one can't be ` +
      `pulled (${pull}). Give one that is on this engine, with Mosquitto 2.1.2 or newer, with ` +
      `\`${pulumi} config set naboom-mqtt:image NAME:TAG\`, or fix either.`,
  );
}
