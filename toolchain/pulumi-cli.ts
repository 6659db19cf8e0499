import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, copyFile, link, mkdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { entryName, findEntry, makeEntry, type Recipe } from "./cache.ts";
import { buildFlags, buildGo, type GoPrograms, requireGo } from "./go-build.ts";
import { commandLineRelease, takeRelease, unavailability } from "./official-release.ts";
import type { Preparation, Pulumi } from "./pulumi.ts";
import { UserError } from "./user-error.ts";
import { isAtLeast } from "./version-number.ts";
import { versions } from "./versions.ts";

export type CommandLine = Omit<Pulumi, "environment">;

const WANTED = versions.pulumi;

/** The language host, and what it has the program's process begin with. */
const LANGUAGE_HOST = ["language-host.mjs", "program-config.cjs"].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

/** The CLI as a Go program; the variable is where official builds put the version, too. */
export const COMMAND_LINE: GoPrograms = Object.freeze({
  module: fileURLToPath(new URL("go/cli", import.meta.url)),
  packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
  variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${WANTED}` },
});

const PROGRAM: Recipe = Object.freeze({
  name: "pulumi-cli",
  version: WANTED,
  sources: [COMMAND_LINE.module],
  flags: buildFlags(COMMAND_LINE),
});

/** Finds the CLI with a language host for Node.js beside it, or makes it. */
export async function prepareCommandLine(preparation: Preparation): Promise<CommandLine> {
  const { environment, cache, progress, install } = preparation;
  const own = await findOwn(environment, cache);
  if (own && "cli" in own) return own;
  const names = [officialName(), await builtName()] as const;
  for (const name of names) {
    const entry = await findEntry(cache, name);
    if (entry) return describe(entry, "cached");
  }
  const lack = own ? `${own.lack}, and ` : "";
  if (!install) {
    throw new UserError(
      `${lack}Pulumi ${WANTED} is not in ${cache}, and nothing may be installed: ` +
        "leave --no-install away, or install it by hand (https://www.pulumi.com/docs/install).",
    );
  }
  const made = await make(preparation, names);
  progress.say(`Pulumi ${WANTED}: ${made.why}`);
  return made;
}

/** Whether a CLI of the user's own is taken: the same major version, and at least the pinned minor one. */
export function isNewEnough(version: string): boolean {
  const [major, minor] = WANTED.split(".");
  return version.split(".")[0] === major && isAtLeast(version, `${major}.${minor}.0`);
}

type Lack = { readonly lack: string };

async function findOwn(
  environment: NodeJS.ProcessEnv,
  cache: string,
): Promise<CommandLine | Lack | undefined> {
  const cli = await findOnPath("pulumi", environment);
  if (!cli) return undefined;
  const target = await realpath(cli);
  if (target.startsWith(`${await realpath(cache).catch(() => cache)}/`)) return undefined; // not their own
  const version = await askVersion(target, environment, cache);
  if (!version) return { lack: `${cli} does not tell its version` };
  if (!isNewEnough(version)) return { lack: `${cli} is version ${version}, not ${WANTED} or a later 3.x` };
  const bundled = join(dirname(target), "pulumi-language-nodejs");
  if (!(await isExecutable(bundled)) && !(await findOnPath("pulumi-language-nodejs", environment))) {
    return { lack: `${cli} has no pulumi-language-nodejs beside it` };
  }
  return { cli, version, how: "found", why: `${cli} is new enough` };
}

/** Asks a CLI for its version, once for each state of the file, since that takes a second. */
async function askVersion(
  cli: string,
  environment: NodeJS.ProcessEnv,
  cache: string,
): Promise<string | undefined> {
  const { size, mtimeMs } = await stat(cli);
  const key = createHash("sha256")
    .update(JSON.stringify([cli, size, mtimeMs]))
    .digest("hex")
    .slice(0, 16);
  const stamp = join(cache, "own-pulumi", key);
  const known = await readFile(stamp, "utf8").catch(() => undefined);
  if (known) return known;
  const env = { ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const asked = await execa(cli, ["version"], { env, reject: false, timeout: 20_000 });
  const version = /^v?(\d+\.\d+\.\d+)/.exec(asked.stdout ?? "")?.[1];
  if (version) await keepStamp(stamp, version);
  return version;
}

/** Does without where the cache can't be written: all that is lost is a second of the next run. */
async function keepStamp(stamp: string, version: string): Promise<void> {
  await mkdir(dirname(stamp), { recursive: true })
    .then(() => writeFile(stamp, version))
    .catch(() => {});
}

async function make(
  preparation: Preparation,
  [official, built]: readonly [string, string],
): Promise<CommandLine> {
  const reason = await download(preparation, official);
  if (reason === undefined) return describe(join(preparation.cache, official), "downloaded");
  await build(preparation, built, reason);
  return describe(join(preparation.cache, built), "built");
}

/** @returns why the official release is not to be had, if it is not */
async function download({ cache, progress, sites }: Preparation, name: string): Promise<string | undefined> {
  const release = commandLineRelease(WANTED, sites);
  if (!release) return `there is no official archive for ${process.platform} on ${process.arch}`;
  const host = new URL(release.archive).host;
  return progress.step(`Pulumi ${WANTED}: asking ${host} for the official release`, (note) =>
    unavailability(
      makeEntry(cache, name, async (folder) => {
        await takeRelease(release, folder, note);
        await writeFile(join(folder, "why"), `official release from ${host}, its checksum verified`);
      }),
    ),
  );
}

async function build(preparation: Preparation, name: string, reason: string): Promise<void> {
  const program = await buildProgram(preparation, reason);
  await makeEntry(preparation.cache, name, async (folder) => {
    await assemble(join(program, "pulumi"), join(folder, "pulumi"));
    await writeFile(join(folder, "why"), `built from Go modules, since ${reason}`);
  });
}

/** The CLI alone has an entry of its own, so that a change of the language host does not compile it again. */
async function buildProgram({ cache, environment, progress }: Preparation, reason: string): Promise<string> {
  const name = await entryName(PROGRAM);
  const known = await findEntry(cache, name);
  if (known) return known;
  const purpose = `Pulumi ${WANTED} has to be built from Go modules, since ${reason}`;
  await requireGo(COMMAND_LINE.module, environment, purpose);
  return progress.step(`Pulumi ${WANTED}: building the CLI from Go modules, minutes when cold`, (note) =>
    makeEntry(cache, name, (folder) => buildGo(COMMAND_LINE, folder, environment, note)),
  );
}

/** Puts the language host beside the CLI, as an official release has it. */
async function assemble(program: string, folder: string): Promise<void> {
  await mkdir(folder);
  const cli = join(folder, "pulumi");
  await link(program, cli).catch(() => copyFile(program, cli));
  for (const file of LANGUAGE_HOST) await copyFile(file, join(folder, basename(file)));
  // A script, not a link: the CLI resolves links, and warns of a language host that then lies elsewhere.
  const script = '#!/bin/sh\nexec node "$(dirname "$0")/language-host.mjs" "$@"\n';
  await writeFile(join(folder, "pulumi-language-nodejs"), script, { mode: 0o755 });
}

async function describe(entry: string, how: Pulumi["how"]): Promise<CommandLine> {
  const why = await readFile(join(entry, "why"), "utf8");
  const cli = join(await realpath(entry), "pulumi", "pulumi");
  return { cli, version: WANTED, how, why: how === "cached" ? `from the cache: ${why}` : why };
}

function officialName(): string {
  return `pulumi-${WANTED}-${process.platform}-${process.arch}-official`;
}

function builtName(): Promise<string> {
  return entryName({ ...PROGRAM, name: "pulumi", sources: [...PROGRAM.sources, ...LANGUAGE_HOST] });
}

async function findOnPath(name: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? "").split(delimiter)) {
    const path = resolve(folder, name);
    if (folder && (await isExecutable(path))) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
