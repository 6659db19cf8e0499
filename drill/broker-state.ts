import { execa } from "execa";
import { healthcheckCommand } from "../mosquitto/healthcheck.ts";
import { layout, revisionFileNames } from "../mosquitto/layout.ts";
import { digest } from "../mosquitto/revision.ts";

/** On which revision a broker is, in its memory and in its volume. */
export interface BrokerState {
  /** The container's id, and when it was started. */
  readonly container: string;
  /** The id of the revision in force, which a restart would bring. */
  readonly inForce: string;
  /** The ids of the revisions whose healthcheck the running broker lets in: one, unless it is between two. */
  readonly running: readonly string[];
  /** Whether the container's own healthcheck passes. */
  readonly healthy: boolean;
}

/**
 * Looks into a running broker's container.
 *
 * @throws Error when the revision in force, or another that is kept, is not whole: its id is a digest of its files.
 */
export async function inspectBroker(container: string): Promise<BrokerState> {
  const inForce = (await inside(container, ["readlink", layout.current])).stdout;
  const listed = await inside(container, ["ls", "-1A", layout.revisions]);
  const kept = listed.stdout.split("\n").filter((name) => name.startsWith("rev-"));
  if (!kept.includes(inForce))
    throw new Error(`${inForce} is in force, and there is only ${kept.join(", ")}`);
  for (const revision of kept) await demandWhole(container, layout.revisions, revision);
  const letIn = await Promise.all(kept.map((revision) => isRunning(container, revision)));
  const inspected = await execa("docker", ["inspect", container]);
  const [{ Id, State }] = JSON.parse(inspected.stdout);
  return {
    container: `${Id} ${State.StartedAt}`,
    inForce: idOf(inForce),
    running: kept.filter((_, index) => letIn[index]).map(idOf),
    healthy: await isHealthy(container),
  };
}

/** Whether the container runs, and its own healthcheck passes now. */
export async function isHealthy(container: string): Promise<boolean> {
  const { stdout } = await execa("docker", ["inspect", container]);
  const [kind, ...check] = JSON.parse(stdout)[0].Config.Healthcheck.Test as string[];
  if (kind !== "CMD") throw new Error(`the healthcheck is a ${kind}`);
  return (await inside(container, check)).exitCode === 0;
}

/** A revision that was delivered again after its folder was damaged has a time after its id. */
function idOf(folder: string): string {
  return folder.split("-")[1] ?? "";
}

/**
 * Makes the digest that a revision's id is again, of its files as they are now.
 *
 * @throws Error when a file is missing, or the digest is another.
 */
export async function demandWhole(container: string, volume: string, revision: string): Promise<void> {
  const files = Object.values(revisionFileNames);
  // A line for each file, in one call, as a call for each would take most of a drill's time.
  const script = 'cd "$0" && for file; do base64 "$file" | tr -d "\\n" && echo; done';
  const { stdout } = await inside(container, ["/bin/sh", "-c", script, `${volume}/${revision}`, ...files]);
  const contents = stdout.split("\n").map((line) => Buffer.from(line, "base64").toString());
  const missing = files.filter((_, index) => !contents[index]);
  if (missing.length > 0) throw new Error(`${revision} has no ${missing.join(", ")}`);
  const id = digest(files.flatMap((file, index) => [file, contents[index] ?? ""]));
  if (id !== idOf(revision)) throw new Error(`the files of ${revision} are those of ${id}`);
}

async function isRunning(container: string, revision: string): Promise<boolean> {
  const check = healthcheckCommand(`${layout.revisions}/${revision}`);
  return (await inside(container, ["/bin/sh", "-c", check])).exitCode === 0;
}

function inside(container: string, command: readonly string[]) {
  return execa("docker", ["exec", container, ...command], { reject: false });
}
