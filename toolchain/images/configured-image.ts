import { dockerCommand } from "../docker.ts";
import { requireEngineSpace } from "../docker-engine.ts";
import type { Progress } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { pullImage } from "./pull.ts";

/** What the sentences say of mending the config of the stack that an image is for. */
export interface ConfigMend {
  /** How a user calls Pulumi for that stack, whose arguments follow. @default how it is for the default stack */
  readonly pulumi?: string;
}

/** How a user calls Pulumi where no stack was chosen. */
export const plainPulumi = "npm run pulumi --";

export interface ConfiguredImage extends ConfigMend {
  readonly reference: string;
  /** The key of the stack's config that names it, without the project's name. */
  readonly key: string;
  /** Whether it may be pulled. */
  readonly install: boolean;
  readonly progress: Progress;
}

/**
 * Sees to it that an image which the stack's config names is on the engine.
 *
 * @throws UserError if it is not and can't be pulled
 */
export async function requireConfiguredImage(image: ConfiguredImage): Promise<void> {
  const { reference, key, progress, pulumi = plainPulumi } = image;
  if (await isImageHere(reference)) return;
  requireInstall(image, `The image ${reference} of the stack's config`);
  await requireEngineSpace();
  const pulled = await pullImage(reference, progress);
  if (pulled.done) return;
  throw new UserError(
    `The image ${reference} of the stack's config is not on this engine and can't be pulled: ${pulled.reason}. ` +
      "Allowed is an image that `docker pull` gets or `docker image ls` shows; " +
      `\`${pulumi} config rm --path naboom-mqtt:${key}\` goes back to the usual one.`,
  );
}

/** Whether an image is on the engine. */
export async function isImageHere(reference: string): Promise<boolean> {
  return (await dockerCommand(["image", "inspect", "--format", "{{.Id}}", reference])).exitCode === 0;
}

/** @throws UserError unless something may be pulled or built */
export function requireInstall({ install }: { readonly install: boolean }, what: string): void {
  if (install) return;
  throw new UserError(
    `${what} is not on this engine, and --no-install forbids getting it. Run this without --no-install.`,
  );
}
