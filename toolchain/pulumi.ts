import { delimiter, dirname } from "node:path";
import { cacheFolder } from "./cache.ts";
import { OFFICIAL_SITES, type Sites } from "./official-release.ts";
import type { Progress } from "./progress.ts";
import { prepareCommandLine } from "./pulumi-cli.ts";
import { preparePlugins } from "./pulumi-plugins.ts";

/** A Pulumi that is ready to be called, its language host and resource plugins included. */
export interface Pulumi {
  /** The absolute path of the CLI. */
  readonly cli: string;
  readonly version: string;
  readonly how: "found" | "cached" | "downloaded" | "built";
  /** How it came to be and why, as the end of a sentence that begins with its name. */
  readonly why: string;
  /** What has to be added to the process's environment for every call. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface PulumiOptions {
  /** Whether anything may be downloaded or built; without, what is missing is an error. */
  readonly install: boolean;
  readonly progress: Progress;
  /** @default the process's own; HOME, PATH, PULUMI_HOME, the cache's and Go's variables are read from it */
  readonly environment?: NodeJS.ProcessEnv;
  /** @default Pulumi's own */
  readonly sites?: Sites;
}

/** The options with their defaults, as the parts of the toolchain take them. */
export interface Preparation extends Required<PulumiOptions> {
  readonly cache: string;
}

/**
 * Finds, downloads or builds the Pulumi CLI, and installs the resource plugins into PULUMI_HOME.
 *
 * Each part is taken from the first that has it: the user's own, the cache, the official release with its
 * published checksum, Go modules with the committed go.sum. With everything there it only reads files.
 *
 * @throws UserError if a part is missing and may not or can't be made, or is not what was published.
 */
export async function preparePulumi(options: PulumiOptions): Promise<Pulumi> {
  const environment = options.environment ?? process.env;
  const preparation: Preparation = {
    ...options,
    environment,
    sites: options.sites ?? OFFICIAL_SITES,
    cache: cacheFolder(environment),
  };
  const found = await prepareCommandLine(preparation);
  const pulumi = Object.freeze({ ...found, environment: pulumiEnvironment(found, environment) });
  await preparePlugins(pulumi, preparation);
  return pulumi;
}

/**
 * What every call of the CLI needs in its environment: no question to a download site about newer versions,
 * and, unless the CLI is the user's own, its folder first in PATH, so that no other language host is taken.
 */
export function pulumiEnvironment(
  { cli, how }: Pick<Pulumi, "cli" | "how">,
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const quiet = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (how === "found") return Object.freeze(quiet);
  const folders = [dirname(cli), ...(environment.PATH ? [environment.PATH] : [])];
  return Object.freeze({ ...quiet, PATH: folders.join(delimiter) });
}
