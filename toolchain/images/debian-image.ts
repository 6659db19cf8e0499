import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { dockerCommand } from "../docker.ts";
import { UserError } from "../user-error.ts";
import { isAtLeast } from "../version-number.ts";
import { type DebianArchive, type DebianTree, unpackDebianPackages } from "./debian-packages.ts";
import { layRoot, type RootContents } from "./root-folder.ts";

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
  readonly contents: RootContents;
  /** A command that prints the program's version, and where in its output that is. */
  readonly versionCommand: readonly string[];
  readonly versionPattern: RegExp;
  /** The oldest version that is taken, and the first too new one. */
  readonly floor: string;
  readonly ceiling: string;
}

/** Reference of the image that comes out with a version of its program; `*` stands for any version. */
export function imageReference({ name, recipe }: DebianImage, version: string): string {
  return `${name}:${version}-debian-${recipe}`;
}

/** The image of these contents that is on the engine, if there is one. */
export async function findDebianImage(image: DebianImage): Promise<string | undefined> {
  const filter = `reference=${imageReference(image, "*")}`;
  const listed = await dockerCommand([
    "image",
    "ls",
    "--filter",
    filter,
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  return listed.stdout.split("\n").find((line) => line !== "");
}

/**
 * Builds an image from Debian packages and gives its reference.
 *
 * Needs neither root nor Docker's builder. A tag is only set once the image's program has told an
 * acceptable version, so a failed build leaves nothing behind.
 *
 * @throws UserError if packages can't be had, the disk is full, or the version is out of range
 */
export async function buildDebianImage(
  image: DebianImage,
  archive: DebianArchive,
  note: (text: string) => void,
): Promise<string> {
  await removeAbandoned(tmpdir());
  const folder = await makeWorkFolder();
  try {
    const { suite, packages, contents } = image;
    const tree = await unpackDebianPackages({ archive, suite, packages, folder, note });
    note("laying out the image");
    const root = join(folder, "root");
    await layRoot(contents, tree.folder, root);
    const file = await writeArchive(image, root, join(folder, "image.tar"));
    note("importing the image");
    return await importImage(image, file, tree);
  } catch (error) {
    throw explainBuild(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the name of a work folder starts with; the process's id follows. */
const WORK_FOLDER = "naboom-mqtt-image-";

async function makeWorkFolder(): Promise<string> {
  try {
    const folder = await mkdtemp(join(tmpdir(), `${WORK_FOLDER}${process.pid}-`));
    await chmod(folder, 0o755);
    return folder;
  } catch (error) {
    throw explainBuild(error);
  }
}

/** Removes the 120 MB that a build left which was ended by a signal, unless they are another user's. */
export async function removeAbandoned(temporary: string): Promise<void> {
  for (const name of await readdir(temporary).catch(() => [])) {
    const pid = name.startsWith(WORK_FOLDER) ? Number.parseInt(name.slice(WORK_FOLDER.length), 10) : 0;
    if (!(pid > 0) || isRunning(pid)) continue;
    await rm(join(temporary, name), { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Packs the root folder: fixed times, sorted names, root's files but for the image's own folders. */
async function writeArchive(image: DebianImage, root: string, file: string): Promise<string> {
  const common = ["--format=ustar", "--sort=name", "--mtime=@0", "--numeric-owner", "--directory", root];
  const owned = image.contents.ownedFolders?.[0]?.slice(1);
  const without = owned === undefined ? [] : [`--exclude=./${owned}`];
  await execa("tar", [...common, "--owner=0", "--group=0", ...without, "--create", "--file", file, "."]);
  if (owned === undefined) return file;
  const owner = [`--owner=${image.owner}`, `--group=${image.owner}`];
  await execa("tar", [...common, ...owner, "--append", "--file", file, `./${owned}`]);
  return file;
}

async function importImage(image: DebianImage, file: string, tree: DebianTree): Promise<string> {
  const changes = Object.entries(imageLabels(image, tree.versions)).flatMap(([name, value]) => [
    "--change",
    `LABEL ${name}="${value}"`,
  ]);
  const imported = await docker(["import", ...changes, file]);
  const id = imported.trim();
  try {
    const reference = imageReference(image, checkVersion(image, await askVersion(image, id)));
    await docker(["tag", id, reference]);
    return reference;
  } catch (error) {
    await dockerCommand(["image", "rm", id]);
    throw error;
  }
}

/** The labels of an image: OCI's own names where there is one, and the packages that are in it. Pure. */
export function imageLabels(
  image: DebianImage,
  versions: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const packages = [...versions].map(([name, version]) => `${name}=${version}`).sort();
  return {
    "org.opencontainers.image.title": `${image.program} from Debian packages`,
    "org.opencontainers.image.version": versions.get(image.package) ?? "",
    "naboom-mqtt.recipe": image.recipe,
    "naboom-mqtt.suite": image.suite,
    "naboom-mqtt.packages": packages.join(" "),
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
  const own = { x64: "amd64", ia32: "386" }[machine] ?? machine;
  if (engine === own) return;
  throw new UserError(`the engine runs on ${engine}, and packages for this machine are for ${own}`);
}

async function docker(args: readonly string[]): Promise<string> {
  const result = await dockerCommand(args);
  if (result.exitCode === 0) return result.stdout;
  throw new UserError(`\`docker ${args[0]}\` failed: ${result.stderr.trim()}`);
}

/** Turns a full or forbidding disk into a sentence; every other error stays what it is. Pure. */
export function explainBuild(error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (/ENOSPC|no space left/i.test(text)) {
    return new UserError(
      `there is no space left for building it: about 120 MB in ${tmpdir()} (TMPDIR chooses another folder) and 30 MB for Docker`,
    );
  }
  if (/EACCES|EPERM|EROFS|(ENOENT|ENOTDIR).*mkdtemp/.test(text)) {
    return new UserError(`${tmpdir()} can't be written or run from (TMPDIR chooses another folder)`);
  }
  return error;
}
