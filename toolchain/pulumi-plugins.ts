import { rename, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { entryName, findEntry, makeEntry, type Recipe } from "./cache.ts";
import { buildFlags, buildGo, type GoPrograms, requireGo } from "./go-build.ts";
import { pluginRelease, takeRelease, unavailability } from "./official-release.ts";
import type { Preparation, Pulumi } from "./pulumi.ts";
import { UserError } from "./user-error.ts";
import { PLUGIN_NAMES, type PluginName, versions } from "./versions.ts";

const VARIABLES = "naboom-mqtt/toolchain/plugins/bridge";

/** The plugins as Go programs. */
export const PLUGINS: GoPrograms = Object.freeze({
  module: fileURLToPath(new URL("go/plugins", import.meta.url)),
  packages: PLUGIN_NAMES.map((name) => `./${name}`),
  variables: {
    [`${VARIABLES}.DockerVersion`]: versions.plugins.docker,
    [`${VARIABLES}.RandomVersion`]: versions.plugins.random,
    [`${VARIABLES}.TLSVersion`]: versions.plugins.tls,
  },
});

const PROGRAMS: Recipe = Object.freeze({
  name: "plugins",
  version: PLUGIN_NAMES.map((name) => versions.plugins[name]).join("-"),
  sources: [PLUGINS.module],
  flags: buildFlags(PLUGINS),
});

/** Installs the plugins that PULUMI_HOME has not got in exactly the versions of their npm packages. */
export async function preparePlugins(pulumi: Pulumi, preparation: Preparation): Promise<void> {
  const missing = await findMissing(preparation.environment);
  if (missing.length === 0) return;
  if (!preparation.install) {
    const commands = missing.map(
      (name) => `pulumi plugin install resource ${name} ${versions.plugins[name]}`,
    );
    throw new UserError(
      `Pulumi lacks the plugins ${missing.join(", ")}, and nothing may be installed: leave --no-install away, ` +
        `or run ${commands.join(" && ")}.`,
    );
  }
  for (const name of missing) {
    const { file, why } = await provide(name, preparation);
    await install(pulumi, name, file, preparation);
    preparation.progress.say(`Pulumi plugin ${label(name)}: ${why}`);
  }
}

/** The folder of Pulumi's own plugins and log-ins. */
export function pulumiHome(environment: NodeJS.ProcessEnv): string {
  return environment.PULUMI_HOME || join(environment.HOME || homedir(), ".pulumi");
}

async function findMissing(environment: NodeJS.ProcessEnv): Promise<readonly PluginName[]> {
  const plugins = join(pulumiHome(environment), "plugins");
  const installed = await Promise.all(
    PLUGIN_NAMES.map(async (name) => {
      const folder = join(plugins, `resource-${name}-v${versions.plugins[name]}`);
      // Pulumi marks with .partial what it has not finished to unpack.
      return (await exists(join(folder, fileName(name)))) && !(await exists(`${folder}.partial`));
    }),
  );
  return PLUGIN_NAMES.filter((_, index) => !installed[index]);
}

interface Provided {
  readonly file: string;
  readonly why: string;
}

async function provide(name: PluginName, preparation: Preparation): Promise<Provided> {
  const { cache } = preparation;
  const official = `plugin-${name}-${versions.plugins[name]}-${process.platform}-${process.arch}-official`;
  const built = await entryName(PROGRAMS);
  for (const entry of [official, built]) {
    const folder = await findEntry(cache, entry);
    if (folder) return { file: join(folder, fileName(name)), why: "from the cache" };
  }
  const reason = await download(name, official, preparation);
  if (reason === undefined) {
    const why = "official release, its checksum verified";
    return { file: join(cache, official, fileName(name)), why };
  }
  await build(built, reason, preparation);
  return { file: join(cache, built, fileName(name)), why: `built from Go modules, since ${reason}` };
}

/** @returns why the official release is not to be had, if it is not */
async function download(
  name: PluginName,
  entry: string,
  { cache, progress, sites }: Preparation,
): Promise<string | undefined> {
  const release = pluginRelease(name, versions.plugins[name], sites);
  if (!release) return `there is no official archive for ${process.platform} on ${process.arch}`;
  return progress.step(`Pulumi plugin ${label(name)}: asking for the official release`, (note) =>
    unavailability(makeEntry(cache, entry, (folder) => takeRelease(release, folder, note))),
  );
}

/** Builds all three, since they share most of what is compiled. */
async function build(entry: string, reason: string, preparation: Preparation): Promise<void> {
  const { cache, environment, progress } = preparation;
  const purpose = `The Pulumi plugins have to be built from Go modules, since ${reason}`;
  await requireGo(PLUGINS.module, environment, purpose);
  const names = PLUGIN_NAMES.map(label).join(", ");
  await progress.step(`Pulumi plugins ${names}: building from Go modules, minutes when cold`, (note) =>
    makeEntry(cache, entry, async (folder) => {
      await buildGo(PLUGINS, folder, environment, note);
      for (const name of PLUGIN_NAMES) await rename(join(folder, name), join(folder, fileName(name)));
    }),
  );
}

async function install(
  pulumi: Pulumi,
  name: PluginName,
  file: string,
  { environment }: Preparation,
): Promise<void> {
  const arguments_ = ["plugin", "install", "resource", name, versions.plugins[name], "--file", file];
  const env = { ...environment, ...pulumi.environment };
  const result = await execa(pulumi.cli, arguments_, { env, reject: false });
  if (!result.failed) return;
  throw new UserError(
    `Pulumi can't install its plugin ${label(name)} into ${pulumiHome(environment)}: ` +
      `${(result.stderr || result.shortMessage || "").trim()}; check that there is space and that the folder is yours.`,
  );
}

function label(name: PluginName): string {
  return `${name} ${versions.plugins[name]}`;
}

function fileName(name: PluginName): string {
  return `pulumi-resource-${name}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
