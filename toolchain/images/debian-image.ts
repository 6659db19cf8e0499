import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheFolder, requireCache } from "../cache.ts";
import { dockerCommand } from "../docker.ts";
import { UserError } from "../user-error.ts";
import { isAtLeast } from "../version-number.ts";
import {
  type DebianArchive,
  type DebianIndex,
  type DebianTree,
  fetchDebianSource,
  openDebianIndex,
  unpackDebianPackages,
} from "./debian-packages.ts";
import { loadImage, tagImage } from "./image-archive.ts";
import { type ImageContents, listContents } from "./image-contents.ts";
import { removeLeftovers, WORK_FOLDER } from "./leftovers.ts";
import { localImages } from "./local-images.ts";
import { layRoot, type RootContents } from "./root-folder.ts";
import { billOfMaterials, sbomPath } from "./sbom.ts";
import { type CompiledSource, compileSource, type SourceBuild } from "./source-build.ts";

/** What an image made of Debian packages is, and how it is asked for its version. */
export interface DebianImage {
  /** The image's name without a tag. */
  readonly name: string;
  /** For people, as in "Mosquitto from Debian packages". */
  readonly program: string;
  /** The package whose version is the image's. */
  readonly package: string;
  /** The user and the group that it is run as, and that own its own folders. */
  readonly owner: number;
  /** Twelve hexadecimal digits that change with whatever would make another image. */
  readonly recipe: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** What is compiled for it. @default nothing */
  readonly source?: SourceBuild;
  readonly contents: RootContents;
  /** A command that prints the program's version, and where in its output that is. */
  readonly versionCommand: readonly string[];
  readonly versionPattern: RegExp;
  /** The oldest version that is taken, and the first too new one. */
  readonly floor: string;
  readonly ceiling: string;
}

/**
 * Reference of the image that comes out with a version of its program.
 *
 * @param contents eight hexadecimal digits that change with what is in it; `*` stands for anything
 */
export function imageReference({ name, recipe }: DebianImage, version: string, contents: string): string {
  return `${name}:${version}-debian-${recipe}-${contents}`;
}

/** The image of this recipe that was built last on the engine, if there is one. */
export async function findDebianImage(image: DebianImage): Promise<string | undefined> {
  const [newest] = await localImages(imageReference(image, "*", "*"));
  return newest?.reference;
}

/**
 * Builds an image from Debian packages, compiling what it names, and gives its reference.
 *
 * Needs neither root nor Docker's builder. The same packages give the same image id. A tag is only set once
 * the image's program has told an acceptable version, so a failed build leaves nothing behind.
 *
 * @throws UserError if packages can't be had, a patch does not apply, the disk is full, or the version is
 * out of range
 */
export async function buildDebianImage(
  image: DebianImage,
  archive: DebianArchive,
  note: (text: string) => void,
): Promise<string> {
  const cache = cacheFolder();
  await requireCache(cache); // Before anything in it is removed, or run.
  await removeLeftovers(cache);
  const folder = await makeWorkFolder(cache);
  try {
    const { suite, source } = image;
    const index = await openDebianIndex({ archive, suite, folder, note, sources: source !== undefined });
    const tree = await unpackDebianPackages(index, image.packages);
    const compiled = source === undefined ? undefined : await compile(source, index, tree);
    return await assemble({ image, tree, compiled, folder, note });
  } catch (error) {
    throw explainBuild(error, cache);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compile(build: SourceBuild, index: DebianIndex, tree: DebianTree): Promise<CompiledSource> {
  const source = await fetchDebianSource(index, build.package);
  return await compileSource({ build, source, tree, folder: index.folder, note: index.note });
}

async function makeWorkFolder(cache: string): Promise<string> {
  try {
    return await mkdtemp(join(cache, `${WORK_FOLDER}${process.pid}-`));
  } catch (error) {
    throw explainBuild(error, cache);
  }
}

interface Assembly {
  readonly image: DebianImage;
  readonly tree: DebianTree;
  readonly compiled: CompiledSource | undefined;
  readonly folder: string;
  readonly note: (text: string) => void;
}

async function assemble({ image, tree, compiled, folder, note }: Assembly): Promise<string> {
  note("laying out the image");
  const root = join(folder, "root");
  const laid = await layRoot(image.contents, tree.folder, root);
  const contents = await listContents({ laid, tree, root, compiled });
  await writeBill(image, contents, root);
  const layer = await writeLayer(image, root, join(folder, "layer.tar"));
  note("loading the image");
  const loaded = await loadImage(
    {
      layer,
      architecture: dockerArchitecture(),
      created: contents.date,
      labels: imageLabels(image, contents),
      history: `${image.program} from Debian ${image.suite}`,
    },
    join(folder, "archive"),
  );
  try {
    const version = checkVersion(image, await askVersion(image, loaded.id));
    const reference = imageReference(image, version, loaded.layer.slice(0, 8));
    await tagImage(loaded.id, reference);
    return reference;
  } catch (error) {
    await dockerCommand(["image", "rm", loaded.id]);
    throw error;
  }
}

async function writeBill(image: DebianImage, contents: ImageContents, root: string): Promise<void> {
  const { name, suite, package: main } = image;
  const version = contents.versions.get(main) ?? "";
  const bill = billOfMaterials({ name, version, suite, ...contents });
  const place = join(root, sbomPath);
  for (const folder of [dirname(dirname(place)), dirname(place)]) {
    await mkdir(folder);
    await chmod(folder, 0o755);
  }
  await writeFile(place, `${JSON.stringify(bill, undefined, 2)}\n`);
  await chmod(place, 0o644);
}

/** Packs the root folder: fixed times, sorted names, root's files but for the image's own folders. */
async function writeLayer(image: DebianImage, root: string, file: string): Promise<string> {
  const common = ["--format=ustar", "--sort=name", "--mtime=@0", "--numeric-owner", "--directory", root];
  const owned = image.contents.ownedFolders?.[0]?.slice(1);
  const without = owned === undefined ? [] : [`--exclude=./${owned}`];
  await execa("tar", [...common, "--owner=0", "--group=0", ...without, "--create", "--file", file, "."]);
  if (owned === undefined) return file;
  const owner = [`--owner=${image.owner}`, `--group=${image.owner}`];
  await execa("tar", [...common, ...owner, "--append", "--file", file, `./${owned}`]);
  return file;
}

/** The labels of an image: OCI's own names where there is one, and what is in it. Pure. */
export function imageLabels(
  image: DebianImage,
  { versions, date, compiled, compiler }: Omit<ImageContents, "files" | "packages">,
): Readonly<Record<string, string>> {
  const packages = [...versions].map(([name, version]) => `${name}=${version}`).sort();
  return {
    "org.opencontainers.image.title": `${image.program} from Debian packages`,
    "org.opencontainers.image.version": versions.get(image.package) ?? "",
    "naboom-mqtt.recipe": image.recipe,
    "naboom-mqtt.suite": image.suite,
    "naboom-mqtt.packages": packages.join(" "),
    "naboom-mqtt.date": new Date(date).toISOString(),
    ...(compiled === undefined
      ? {}
      : {
          "naboom-mqtt.patches": compiled.patches.map(({ name }) => name).join(" "),
          "naboom-mqtt.compiler": compiler,
        }),
  };
}

async function askVersion({ owner, versionCommand }: DebianImage, id: string): Promise<string> {
  const confined = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", `--user=${owner}:${owner}`];
  const result = await dockerCommand(["run", ...confined, id, ...versionCommand], { timeout: 30_000 });
  return `${result.stdout}\n${result.stderr}`;
}

/** Gives the version in what the new image's program printed, if it is one that is taken. Pure. */
export function checkVersion(image: DebianImage, printed: string): string {
  const { program, suite, floor, ceiling } = image;
  const version = image.versionPattern.exec(printed)?.[1];
  if (version === undefined) {
    throw new UserError(`${program} of the new image does not run: ${printed.trim().split("\n").at(-1)}`);
  }
  if (isAtLeast(version, floor) && !isAtLeast(version, ceiling)) return version;
  throw new UserError(
    `Debian ${suite} has ${program} ${version}; ${floor} or newer is needed, below ${ceiling}`,
  );
}

/** Packages are fetched for this machine, so an engine of another architecture can't use them. Pure. */
export function checkArchitecture(engine: string, machine: string = arch()): void {
  const own = dockerArchitecture(machine);
  if (engine === own) return;
  throw new UserError(`the engine runs on ${engine}, and packages for this machine are for ${own}`);
}

function dockerArchitecture(machine: string = arch()): string {
  return { x64: "amd64", ia32: "386" }[machine] ?? machine;
}

/** Turns a full or forbidding disk into a sentence; every other error stays what it is. Pure. */
export function explainBuild(error: unknown, cache: string): unknown {
  const text = error instanceof Error ? error.message : String(error);
  const elsewhere = "NABOOM_MQTT_CACHE chooses another folder";
  if (/ENOSPC|no space left/i.test(text)) {
    return new UserError(
      `there is no space left for building it: about 600 MB in ${cache} (${elsewhere}) and 250 MB for Docker`,
    );
  }
  if (/EACCES|EPERM|EROFS|(ENOENT|ENOTDIR|EEXIST).*mk/.test(text)) {
    return new UserError(`${cache} can't be written or run from (${elsewhere})`);
  }
  return error;
}
