import { dockerCommand } from "../docker.ts";
import type { Progress } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { buildDebianImage, type DebianImage, findDebianImage, imageReference } from "./debian-image.ts";
import { findDebianArchive } from "./debian-packages.ts";
import { imageDetails } from "./image-details.ts";
import { localImages } from "./local-images.ts";
import { describeChange, packageChanges } from "./newer-packages.ts";

/**
 * Builds an image of the newest packages, whatever is here, and says what differs from the one before.
 *
 * @param what for people, as in "the broker image"
 * @throws UserError if it can't be built; the image that is here then stays
 */
export async function rebuildImage(image: DebianImage, what: string, progress: Progress): Promise<string> {
  const before = await findDebianImage(image);
  const reference = await progress
    .step(`building ${what} anew`, async (note) => buildDebianImage(image, await findDebianArchive(), note))
    .catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(
        `${what} can't be built anew (${error.message}): nothing was changed, and without --update-image the one here stays`,
      );
    });
  progress.say(await compare(what, before, reference));
  return reference;
}

async function compare(what: string, before: string | undefined, after: string): Promise<string> {
  const [former, latter] = await Promise.all([before && imageDetails(before), imageDetails(after)]);
  if (!former || latter === undefined) return `There was no such image before: ${what} is new.`;
  if (before === after) return `Debian ${latter.suite} has nothing newer: ${what} stays.`;
  const changes = packageChanges(former.packages, latter.packages).map(describeChange);
  return changes.length === 0
    ? `No version changed, but a file did: ${what} is replaced.`
    : `New in ${what}: ${changes.join(", ")}.`;
}

/** Removes the images of a recipe that a newer one took the place of, but for those that a container has. */
export async function removeSuperseded(image: DebianImage): Promise<void> {
  const [, ...older] = await localImages(imageReference(image, "*", "*"));
  for (const { reference } of older) await dockerCommand(["image", "rm", reference]);
}
