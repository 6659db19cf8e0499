import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { dockerCommand } from "../docker.ts";

/** Label of the images and containers that a build needs for a while; its value tells whose they are. */
const THROWAWAY = "naboom-mqtt.build";

/** What the name of a work folder starts with; the process's id follows. */
export const WORK_FOLDER = "image-";

/** The label, with its value, of what this process makes. */
export function throwawayLabel(): string {
  return `${THROWAWAY}=${hostname()}:${process.pid}`;
}

/**
 * Removes what builds left that were ended by a signal: containers and images on the engine, and up to 500 MB
 * in the work folders of the cache. What belongs to a running process, or to another machine's, stays.
 */
export async function removeLeftovers(cache: string): Promise<void> {
  await removeContainers();
  await removeImages();
  for (const name of await readdir(cache).catch(() => [])) {
    if (!name.startsWith(WORK_FOLDER) || !isOver(name.slice(WORK_FOLDER.length))) continue;
    await rm(join(cache, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function removeContainers(): Promise<void> {
  const format = `{{.ID}} {{.Label "${THROWAWAY}"}}`;
  const listed = await dockerCommand(["ps", "--all", "--filter", `label=${THROWAWAY}`, "--format", format]);
  const ids = leftBehind(listed.stdout);
  if (ids.length > 0) await dockerCommand(["rm", "--force", "--volumes", ...ids]);
}

async function removeImages(): Promise<void> {
  const listed = await dockerCommand([
    "image",
    "ls",
    "--quiet",
    "--no-trunc",
    "--filter",
    `label=${THROWAWAY}`,
  ]);
  const found = listed.stdout.split("\n").filter((id) => id !== "");
  if (found.length === 0) return;
  const format = `{{.Id}} {{index .Config.Labels "${THROWAWAY}"}}`;
  const inspected = await dockerCommand(["image", "inspect", "--format", format, ...found]);
  const ids = leftBehind(inspected.stdout);
  if (ids.length > 0) await dockerCommand(["image", "rm", "--force", ...ids]);
}

/** Ids in lines of `ID HOST:PID`, of this machine's processes that have ended. */
function leftBehind(listed: string): readonly string[] {
  const own = `${hostname()}:`;
  return listed.split("\n").flatMap((line) => {
    const [id, owner] = line.split(" ");
    return id && owner?.startsWith(own) && isOver(owner.slice(own.length)) ? [id] : [];
  });
}

/** Whether a text begins with the id of a process that has ended. */
function isOver(text: string): boolean {
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EPERM";
  }
}
