import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { type DetachedEngine, inspectMachine, startDetached } from "./docker-service.ts";
import { readProcessId, readProgram } from "./process-id-file.ts";

/**
 * A second Docker engine of this machine, apart from the machine's own in all that it keeps, at a socket of its
 * own. It is started inside of {@link enclose}, so that it sees neither the machine's networks nor its containerd.
 *
 * Whoever uses it sets DOCKER_HOST to its host: the docker CLI is what starting it waits with.
 */
export class PrivateEngine {
  /** What DOCKER_HOST has to be. */
  readonly host: string;
  /** What it keeps; also a place for what has to be handed to it. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.host = `unix://${folder}/socket`;
  }

  /** Makes its folder; starts nothing. */
  static async create(): Promise<PrivateEngine> {
    const engine = new PrivateEngine(await mkdtemp(join(tmpdir(), "naboom-mqtt-engine-")));
    // The machine's own daemon.json is about the machine's own engine.
    await writeFile(join(engine.folder, "daemon.json"), "{}\n");
    return engine;
  }

  /** How its daemon is started. */
  async daemon(...options: readonly string[]): Promise<DetachedEngine> {
    const { dockerd = "dockerd" } = await inspectMachine();
    const { folder, host } = this;
    return {
      dockerd,
      pidFile: join(folder, "pid"),
      containerdPidFile: join(folder, "exec/containerd/containerd.pid"),
      log: join(folder, "log"),
      timeout: 30_000,
      arguments: [
        `--config-file=${folder}/daemon.json`,
        `--host=${host}`,
        `--data-root=${folder}/data`,
        `--exec-root=${folder}/exec`,
        `--pidfile=${folder}/pid`,
        ...options,
      ],
    };
  }

  /**
   * Starts its daemon, unless it runs, and waits until it answers.
   *
   * @throws UserError with the end of its log when it does not.
   */
  async start(): Promise<void> {
    await startDetached(await this.daemon());
  }

  /** Ends its daemon: SIGTERM stops its containers first, SIGKILL leaves all as it is. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const id = readProcessId(join(this.folder, "pid"), "dockerd");
    if (id === undefined) return;
    process.kill(id, signal);
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (readProgram(id) !== "dockerd") return;
      await sleep(100);
    }
    throw new Error(`the private engine's daemon, process ${id}, does not end`);
  }

  /** Removes all that it has kept, once it has ended. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Why no private engine can be had on this machine, in a clause; undefined if nothing speaks against it. */
export async function findObstacle(): Promise<string | undefined> {
  const { root, dockerd } = await inspectMachine();
  if (!root) return "a second Docker engine takes root, which you are not";
  if (dockerd === undefined) return "there is no dockerd on this machine to start a second one with";
  const [program, ...args] = enclose(["true"]);
  const tried = await execa(program, args, { reject: false });
  if (tried.exitCode === 0) return undefined;
  return `namespaces of its own cannot be had for a second Docker engine (${tried.stderr || tried.shortMessage})`;
}

/** Hides the machine's containerd, which a second engine would else take for its own. */
const HIDE = "if [ -d /run/containerd ]; then mount -t tmpfs tmpfs /run/containerd; fi";

/**
 * A command for {@link PrivateEngine} to be started in: one in a network and with mounts of its own.
 *
 * Nobody outside is reached from that network, nor reaches it, and even its loopback interface is down. With
 * processes of its own, all that the command has started is killed when it or its caller has come to an end.
 */
export function enclose(
  command: readonly string[],
  { processes = true }: { readonly processes?: boolean } = {},
): readonly [string, ...string[]] {
  const own = processes ? ["--pid", "--fork", "--kill-child", "--mount-proc"] : [];
  // The shell stays as the first process, which has to bury those whose parents were killed.
  const run = processes ? '"$@"; exit $?' : 'exec "$@"';
  return ["unshare", "--net", "--mount", ...own, "sh", "-c", `${HIDE} && ${run}`, "sh", ...command];
}
