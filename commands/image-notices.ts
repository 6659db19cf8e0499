import { runCommand } from "../infra/mend.ts";
import { engineNames } from "../infra/names.ts";
import { cacheFolder } from "../toolchain/cache.ts";
import { paintNotice } from "../toolchain/colour.ts";
import { brokerImage } from "../toolchain/images/broker/recipe.ts";
import { consoleImage } from "../toolchain/images/console-image.ts";
import { imageReference } from "../toolchain/images/debian-image.ts";
import {
  containerImage,
  describeAge,
  type ImageDetails,
  imageDetails,
} from "../toolchain/images/image-details.ts";
import { localImages } from "../toolchain/images/local-images.ts";
import { describeChange, newerPackages, releaseVersions } from "../toolchain/images/newer-packages.ts";
import { removeSuperseded } from "../toolchain/images/rebuilt-image.ts";
import type { Progress } from "../toolchain/progress.ts";
import { projectName } from "../toolchain/project.ts";

/** Milliseconds for which a command's end waits for the package lists, at most once a day. */
const PATIENCE = 5_000;

/**
 * Does a command's work, then says how old the stack's images are, and which newer packages there are.
 *
 * Those are asked for beside the work, but not with `--no-install`. No answer is no failure.
 */
export async function withImageNotices<Result>(
  { stack, install }: { readonly stack: string; readonly install: boolean },
  progress: Progress,
  work: () => Promise<Result>,
): Promise<Result> {
  const end = new AbortController();
  const release = install ? askRelease(end.signal) : Promise.resolve(new Map<string, string>());
  try {
    const result = await work();
    const timer = setTimeout(() => end.abort(), PATIENCE);
    const sentences = await describeImages(stack, await release).catch(() => []);
    clearTimeout(timer);
    for (const sentence of sentences) progress.say(paintNotice.dim(sentence));
    return result;
  } finally {
    end.abort();
  }
}

/** The release's versions of all packages of the images that were built here. */
async function askRelease(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { suite } = consoleImage;
  const question = { suite, names: builtPackages, cache: cacheFolder(), signal, now: Date.now() };
  return await releaseVersions(question).catch(() => new Map<string, string>());
}

async function builtPackages(): Promise<readonly string[]> {
  const built = await Promise.all(
    [brokerImage(), consoleImage].map((image) => localImages(imageReference(image, "*", "*"))),
  );
  const details = await Promise.all(built.flat().map(({ reference }) => imageDetails(reference)));
  return [...new Set(details.flatMap((image) => [...(image?.packages.keys() ?? [])]))].sort();
}

async function describeImages(
  stack: string,
  release: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const names = engineNames(projectName, stack);
  const images = (await Promise.all([names.broker, names.console].map(containerImage))).filter(
    (image): image is ImageDetails => image !== undefined,
  );
  const newer = await Promise.all(images.map(({ packages }) => newerPackages(packages, release)));
  const changes = [...new Set(newer.flat().map(describeChange))];
  const command = runCommand(stack, "up", "--update-image");
  return [
    ...images.map((image) => describeAge(image, Date.now())),
    ...(changes.length === 0
      ? []
      : [`Newer packages are there: ${changes.join(", ")}. To take them: ${command}`]),
  ];
}

/** Removes the built images that newer ones took the place of, but for those that a container has. */
export async function removeSupersededImages(): Promise<void> {
  for (const image of [brokerImage(), consoleImage]) await removeSuperseded(image);
}
