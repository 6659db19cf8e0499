import { createHash } from "node:crypto";
import { builtConsoleImageName } from "../../web/image.ts";
import { consoleLayout } from "../../web/layout.ts";
import { type DockerEngine, requireEngineSpace } from "../docker-engine.ts";
import type { Progress } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { type ConfigMend, plainPulumi, requireConfiguredImage, requireInstall } from "./configured-image.ts";
import { buildDebianImage, checkArchitecture, type DebianImage, findDebianImage } from "./debian-image.ts";
import { findDebianArchive } from "./debian-packages.ts";
import { rebuildImage } from "./rebuilt-image.ts";

/** What the image holds; user, group and paths are those of `web/layout.ts`. */
const RECIPE = Object.freeze({
  /** To be raised whenever the code would make another image of the same data. */
  revision: 2,
  suite: "forky",
  packages: ["nginx", "busybox-static"],
  contents: {
    programs: ["usr/sbin/nginx"],
    /** Commands of busybox; wget is the healthcheck's. */
    applets:
      "[ cat chmod chown cmp cp echo env false find grep id kill ln ls mkdir mv ps readlink rm sh sleep stat sync tail tar test touch true wget".split(
        " ",
      ),
    folders: {
      "/dev": 0o755,
      "/proc": 0o755,
      "/run": 0o755,
      "/sys": 0o755,
      "/tmp": 0o1777,
      [consoleLayout.files]: 0o755,
    },
    files: {
      "/etc/passwd": `root:x:0:0:root:/:/bin/sh\nconsole:x:${consoleLayout.owner}:${consoleLayout.owner}:console:/:/usr/sbin/nologin\n`,
      "/etc/group": `root:x:0:\nconsole:x:${consoleLayout.owner}:\n`,
    },
  },
});

/** The image that serves the console page, as it is made of Debian packages. */
export const consoleImage: DebianImage = Object.freeze({
  name: builtConsoleImageName,
  program: "nginx",
  package: "nginx",
  owner: consoleLayout.owner,
  recipe: createHash("sha256").update(JSON.stringify(RECIPE)).digest("hex").slice(0, 12),
  suite: RECIPE.suite,
  packages: RECIPE.packages,
  contents: RECIPE.contents,
  versionCommand: ["nginx", "-e", "stderr", "-v"],
  versionPattern: /nginx version: nginx\/(\d+\.\d+\.\d+)/,
  floor: "1.25.1",
  ceiling: "2",
});

export interface ConsoleImageOptions extends ConfigMend {
  /** The stack's config value `console.image`. @default none: one built from packages */
  readonly configured?: string | undefined;
  /** Whether an image may be pulled or built. */
  readonly install: boolean;
  /** Whether one is built of the newest packages, whatever is here. @default false */
  readonly update?: boolean;
  readonly engine: DockerEngine;
  readonly progress: Progress;
}

/**
 * Gives the reference of the image that serves the console page: the configured one; else one built
 * earlier; else one built now from Debian packages.
 *
 * @throws UserError if there is none and none can be built
 */
export async function prepareConsoleImage(options: ConsoleImageOptions): Promise<string> {
  const { configured, engine, progress, update = false } = options;
  if (configured !== undefined) {
    await requireConfiguredImage({ ...options, reference: configured, key: "console.image" });
    return configured;
  }
  if (update) {
    requireInstall(options, "A newer image of the console");
    return await rebuildImage(consoleImage, "the console's image", progress);
  }
  const here = await findDebianImage(consoleImage);
  if (here !== undefined) return here;
  requireInstall(options, "The console's image");
  await requireEngineSpace();
  try {
    checkArchitecture(engine.architecture);
    const archive = await findDebianArchive();
    return await progress.step("building the console's image from Debian packages", (note) =>
      buildDebianImage(consoleImage, archive, note),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw noConsoleImage(error.message, options.pulumi);
  }
}

/** The sentence for a machine that no image can be had on. Pure. */
export function noConsoleImage(building: string, pulumi = plainPulumi): UserError {
  return new UserError(
    `There is no image to serve the console page, and none can be built from Debian packages (${building}). ` +
      `Give one with nginx 1.25.1 or newer with \`${pulumi} config set --path naboom-mqtt:console.image NAME:TAG\`, ` +
      `or do without: \`${pulumi} config rm naboom-mqtt:console\`.`,
  );
}
