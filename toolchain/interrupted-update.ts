import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { dockerCommand } from "./docker.ts";
import { projectName } from "./project.ts";
import type { Stack } from "./stack.ts";
import { stateFile } from "./state-files.ts";
import { findContainers, findStrayContainers } from "./stray-containers.ts";
import { UserError } from "./user-error.ts";

/** What has to be known of a stack to mend it. */
export type MendableStack = Pick<Stack, "name" | "stateFolder" | "run" | "export">;

const lock = z.object({ pid: z.int(), username: z.string(), hostname: z.string(), timestamp: z.string() });

type Lock = z.infer<typeof lock>;

const resource = z.object({
  id: z.string().optional(),
  type: z.string().default(""),
  /** What went wrong after the thing itself had come to be. */
  initErrors: z.array(z.string()).nullish(),
  inputs: z.object({ attach: z.unknown() }).partial().optional(),
});

const exported = z.object({
  deployment: z.object({
    resources: z.array(resource).default([]),
    pending_operations: z
      .array(
        z.object({
          type: z.string(),
          resource: z.object({
            type: z.string(),
            inputs: z.object({ name: z.unknown().optional() }).optional(),
          }),
        }),
      )
      .nullish(),
  }),
});

/** Kinds of things that an update may have made without the state's knowing, by Pulumi's type. */
const KINDS: Readonly<Record<string, "container" | "network">> = Object.freeze({
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
});

/**
 * Puts a stack in order whose last update was killed, or had Docker killed under it: takes its lock off, removes
 * the containers and networks that it was about to make, since the state does not know whether they came to be
 * and their names would clash, and has Pulumi forget that it was about to make them. The next update then completes.
 *
 * Does so only where the state is a folder of this machine, as anywhere else nobody can tell a killed update
 * from one that still runs. Does nothing, and takes as long as one call of docker, where no update was interrupted.
 *
 * @returns sentences that say what was done
 * @throws UserError when another update of the stack is still running
 */
export async function mendInterruptedUpdate(stack: MendableStack): Promise<readonly string[]> {
  const folder = stack.stateFolder;
  if (folder === undefined) return [];
  const locks = await readLocks(folder, stack.name);
  const running = locks.find(isAlive);
  if (running !== undefined) throw stillRunning(stack.name, running);
  const said = locks.length > 0 ? [await unlock(stack)] : [];
  const pending = await findPending(folder, stack);
  if (pending !== undefined) said.push(...(await forget(stack, pending)));
  return [...said, ...(await removeCutOff(folder, stack))];
}

/** Reads the locks of a stack as Pulumi's file backend keeps them, each written by the process that holds it. */
async function readLocks(folder: string, name: string): Promise<readonly Lock[]> {
  const locks = join(folder, ".pulumi", "locks", "organization", projectName, name);
  const files = await readdir(locks).catch(() => []);
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith(".json"))
      // An update that ends now takes its lock away between the two.
      .map((file) => readFile(join(locks, file), "utf8").catch(unlessMissing)),
  );
  return texts.flatMap((text) => (text === undefined ? [] : [lock.parse(JSON.parse(text))]));
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Of another machine's process nobody here can tell, so it counts as alive. */
function isAlive({ pid, hostname: host }: Lock): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function stillRunning(name: string, { pid, username, hostname: host, timestamp }: Lock): UserError {
  return new UserError(
    `process ${pid} of ${username}@${host} has been updating stack ${name} since ${timestamp}; wait until it has ended, ` +
      `or, if it is no Pulumi, take its lock off with: npm run pulumi -- --stack ${name} cancel --yes`,
  );
}

async function unlock(stack: MendableStack): Promise<string> {
  const { exitCode, stderr } = await stack.run(["cancel", "--yes"], { capture: true });
  if (exitCode === 0) return "The last update was killed: its lock on the state was taken off.";
  throw new UserError(`the lock of a killed update cannot be taken off: ${stderr.trim()}`);
}

interface Pending {
  /** What the update was about to make, as far as it leaves something on the engine. */
  readonly things: readonly { readonly kind: "container" | "network"; readonly name: string }[];
  /** The ids that the state knows. */
  readonly known: ReadonlySet<string>;
}

/** What the state says was begun and not ended; undefined if that is nothing. */
async function findPending(folder: string, stack: MendableStack): Promise<Pending | undefined> {
  // The CLI takes a third of a second to tell; the file itself says whether it has to be asked at all.
  if (!(await readState(folder, stack)).includes('"pending_operations"')) return undefined;
  const { resources, pending_operations: operations } = exported.parse(await stack.export()).deployment;
  if (!operations || operations.length === 0) return undefined;
  const things = operations.flatMap(({ type, resource }) => {
    const kind = KINDS[resource.type];
    const name = resource.inputs?.name;
    return type === "creating" && kind !== undefined && typeof name === "string" ? [{ kind, name }] : [];
  });
  return { things, known: new Set(resources.flatMap(({ id }) => id ?? [])) };
}

/** The file that the backend keeps the stack's state in; empty where there is none. */
function readState(folder: string, { name }: MendableStack): Promise<string> {
  return readFile(stateFile(folder, name), "utf8").catch(() => "");
}

/** Removes containers of an update that Docker itself ended under, so that nothing is pending. */
async function removeCutOff(folder: string, stack: MendableStack): Promise<readonly string[]> {
  const state = await readState(folder, stack);
  const unfinished = state.includes('"initErrors"')
    ? exported.parse(await stack.export()).deployment.resources.filter(isUnfinishedRun)
    : [];
  const containers = [
    ...(await findStrayContainers(stack.name, state)),
    ...(await findContainers(unfinished.flatMap(({ id }) => id ?? []))),
  ];
  for (const { id, name } of containers) await removeThing("container", name, id);
  if (containers.length === 0) return [];
  const names = containers.map(({ name }) => `container ${name}`).join(", ");
  return [`Docker ended during the last update. Removed what it left: ${names}.`];
}

/** Whether it is a container that runs to its end as a part of an update, and whose end the update has not seen. */
function isUnfinishedRun({ type, initErrors, inputs }: z.infer<typeof resource>): boolean {
  return KINDS[type] === "container" && (initErrors ?? []).length > 0 && inputs?.attach === true;
}

async function forget(stack: MendableStack, { things, known }: Pending): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { kind, name } of things) if (await remove(kind, name, known)) removed.push(`${kind} ${name}`);
  const args = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"];
  const { exitCode, stdout, stderr } = await stack.run(args, { capture: true });
  if (exitCode !== 0) throw new UserError(`the killed update cannot be put in order: ${stdout}\n${stderr}`);
  const what =
    removed.length === 0 ? "It left nothing behind." : `Removed what it left: ${removed.join(", ")}.`;
  return [what];
}

/** Removes one thing of this project that the state does not know. Gives whether there was one. */
async function remove(
  kind: "container" | "network",
  name: string,
  known: ReadonlySet<string>,
): Promise<boolean> {
  if (!name.startsWith(`${projectName}-`)) return false;
  const found = await dockerCommand([kind, "inspect", "--format", "{{.Id}}", name]);
  if (found.exitCode !== 0 || known.has(found.stdout.trim())) return false;
  await removeThing(kind, name, found.stdout.trim());
  return true;
}

async function removeThing(kind: "container" | "network", name: string, id: string): Promise<void> {
  // A broker that is asked to stop writes its messages down first.
  if (kind === "container") await dockerCommand(["stop", id]);
  const force = kind === "container" ? ["--force"] : [];
  const { exitCode, stderr } = await dockerCommand([kind, "rm", ...force, id]);
  if (exitCode === 0) return;
  throw new UserError(
    `${kind} ${name}, which a killed update left behind, cannot be removed (${stderr.trim()}); ` +
      `to do it by hand: docker ${kind} rm ${[...force, name].join(" ")}`,
  );
}
