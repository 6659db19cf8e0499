import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { builtImageName } from "../../mosquitto/image.ts";
import { type DebianArchive, type DebianTree, unpackDebianPackages } from "../debian-packages.ts";
import { dockerCommand } from "../docker.ts";
import { UserError } from "../user-error.ts";
import { isAtLeast } from "../version-number.ts";
import { builtReference, RECIPE, recipeHash } from "./recipe.ts";
import { layRoot } from "./root-folder.ts";

/**
 * Builds the broker image from Debian packages and gives its reference.
 *
 * Needs neither root nor Docker's builder. A tag is only set once the image's broker has told an
 * acceptable version, so a failed build leaves nothing behind.
 *
 * @param name the image's name without a tag
 * @throws UserError if packages can't be had, the disk is full, or the version is out of range
 */
export async function buildDebianImage(
  archive: DebianArchive,
  note: (text: string) => void,
  name: string = builtImageName,
): Promise<string> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `${WORK_FOLDER}${process.pid}-`));
  await chmod(folder, 0o755);
  try {
    const tree = await unpackDebianPackages({
      archive,
      suite: RECIPE.suite,
      packages: RECIPE.packages,
      folder,
      note,
    });
    note("laying out the image");
    const root = join(folder, "root");
    await layRoot(tree.folder, root);
    const file = await writeArchive(root, join(folder, "image.tar"));
    note("importing the image");
    return await importImage(file, tree, name);
  } catch (error) {
    throw explainBuild(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the name of a work folder starts with; the process's id follows. */
const WORK_FOLDER = "naboom-mqtt-image-";

/** Removes the 120 MB that a build left which was ended by a signal. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(WORK_FOLDER) ? Number.parseInt(name.slice(WORK_FOLDER.length), 10) : 0;
    if (pid > 0 && !isRunning(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Packs the root folder: fixed times, sorted names, root's files but for the broker's own folders. */
async function writeArchive(root: string, file: string): Promise<string> {
  const common = ["--format=ustar", "--sort=name", "--mtime=@0", "--numeric-owner", "--directory", root];
  const owner = String(RECIPE.brokerId);
  const own = RECIPE.brokerFolders[0]?.slice(1) ?? "";
  await execa("tar", [
    ...common,
    "--owner=0",
    "--group=0",
    `--exclude=./${own}`,
    "--create",
    "--file",
    file,
    ".",
  ]);
  await execa("tar", [
    ...common,
    `--owner=${owner}`,
    `--group=${owner}`,
    "--append",
    "--file",
    file,
    `./${own}`,
  ]);
  return file;
}

async function importImage(file: string, tree: DebianTree, name: string): Promise<string> {
  const changes = Object.entries(imageLabels(tree.versions)).flatMap(([name, value]) => [
    "--change",
    `LABEL ${name}="${value}"`,
  ]);
  const imported = await docker(["import", ...changes, file]);
  const id = imported.trim();
  try {
    const version = checkBrokerVersion(await askBrokerVersion(id));
    const reference = builtReference(version, name);
    await docker(["tag", id, reference]);
    return reference;
  } catch (error) {
    await dockerCommand(["image", "rm", id]);
    throw error;
  }
}

/** The labels of an image: OCI's own names where there is one, and the packages that are in it. Pure. */
export function imageLabels(versions: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const packages = [...versions].map(([name, version]) => `${name}=${version}`).sort();
  return {
    "org.opencontainers.image.title": "Mosquitto from Debian packages",
    "org.opencontainers.image.version": versions.get("mosquitto") ?? "",
    "naboom-mqtt.recipe": recipeHash(),
    "naboom-mqtt.suite": RECIPE.suite,
    "naboom-mqtt.packages": packages.join(" "),
  };
}

async function askBrokerVersion(image: string): Promise<string> {
  const user = `${RECIPE.brokerId}:${RECIPE.brokerId}`;
  const confined = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", `--user=${user}`];
  const result = await dockerCommand(["run", ...confined, image, "mosquitto", "-h"], { timeout: 30_000 });
  return `${result.stdout}\n${result.stderr}`;
}

/** Reads `mosquitto -h` and gives the version, if it is in the recipe's range. Pure. */
export function checkBrokerVersion(help: string): string {
  const version = /mosquitto version (\d+\.\d+\.\d+)/.exec(help)?.[1];
  if (version === undefined) {
    throw new UserError(`the broker of the new image does not run: ${help.trim().split("\n").at(-1)}`);
  }
  if (isAtLeast(version, RECIPE.floor) && !isAtLeast(version, RECIPE.ceiling)) return version;
  throw new UserError(
    `Debian ${RECIPE.suite} has Mosquitto ${version}; ${RECIPE.floor} or newer is needed, below ${RECIPE.ceiling}`,
  );
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
  if (/EACCES|EROFS/.test(text)) {
    return new UserError(`${tmpdir()} can't be written or run from (TMPDIR chooses another folder)`);
  }
  return error;
}
