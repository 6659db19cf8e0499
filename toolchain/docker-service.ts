import { spawn } from "node:child_process";
import { access, constants, mkdir, open, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { aptGet } from "./apt.ts";
import { dockerCommand } from "./docker.ts";
import { readProcessId, removeForeignId } from "./process-id-file.ts";
import type { Progress } from "./progress.ts";
import { explainSilence } from "./silent-engine.ts";
import { UserError } from "./user-error.ts";

/** What `docker version` told. */
export interface EngineAnswer {
  /** Undefined if no engine answered. */
  readonly engine?: { readonly version: string; readonly apiVersion: string; readonly architecture: string };
  /** Why none answered, in the CLI's own words; empty if one did. */
  readonly reason: string;
  /** Whether there is no docker CLI. */
  readonly missing: boolean;
  /** The CLI's current context, "default" if nothing was chosen. */
  readonly context: string;
  /** The place that the user chose, for people: DOCKER_HOST's value or a context; undefined by default. */
  readonly chosen?: string;
}

/** What this machine allows. */
export interface DockerMachine {
  readonly user: string;
  readonly root: boolean;
  /** Whether it is Debian, Ubuntu or a child of theirs, and has apt-get. */
  readonly apt: boolean;
  /** Path of the engine's program, if it is installed. */
  readonly dockerd?: string;
  readonly systemd: boolean;
}

/** Asks the engine that the docker CLI would use for its version; one call, 20 to 50 ms. */
export async function askEngine(): Promise<EngineAnswer> {
  const result = await dockerCommand(["version", "--format", "{{json .}}"], { timeout: 10_000 });
  return readAnswer(result, process.env.DOCKER_HOST);
}

/** Reads the output of `docker version --format '{{json .}}'`. Pure. */
export function readAnswer(
  result: { readonly stdout: string; readonly stderr: string; readonly missing: boolean },
  host: string | undefined,
): EngineAnswer {
  if (result.missing) {
    const chosen = host ? { chosen: `DOCKER_HOST=${host}` } : {};
    return { reason: "there is no docker command", missing: true, context: "default", ...chosen };
  }
  const { Client, Server } = parseVersion(result.stdout);
  const context = Client?.Context ?? "default";
  const chosen = host ? `DOCKER_HOST=${host}` : context === "default" ? undefined : `context ${context}`;
  const reason =
    result.stderr
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/(\. Is the docker daemon running\?|\.)$/, "") ?? "";
  return {
    ...(Server?.Version
      ? {
          engine: {
            version: Server.Version,
            apiVersion: Server.ApiVersion ?? "",
            architecture: Server.Arch ?? "",
          },
        }
      : {}),
    reason: Server?.Version ? "" : reason || "no answer within 10 s",
    missing: false,
    context,
    ...(chosen === undefined ? {} : { chosen }),
  };
}

interface VersionOutput {
  readonly Client?: { readonly Context?: string } | null;
  readonly Server?: {
    readonly Version?: string;
    readonly ApiVersion?: string;
    readonly Arch?: string;
  } | null;
}

function parseVersion(text: string): VersionOutput {
  try {
    return JSON.parse(text) as VersionOutput;
  } catch {
    return {};
  }
}

/** Looks at what is installed here and who we are. */
export async function inspectMachine(): Promise<DockerMachine> {
  const [dockerd, apt, release, systemd] = await Promise.all([
    findProgram("dockerd"),
    findProgram("apt-get"),
    readFile("/etc/os-release", "utf8").catch(() => ""),
    exists("/run/systemd/system"),
  ]);
  return {
    user: userInfo().username,
    root: process.getuid?.() === 0,
    apt: apt !== undefined && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release),
    ...(dockerd === undefined ? {} : { dockerd }),
    systemd,
  };
}

/** Installs Debian's docker.io; the CLI too, where it is a package of its own and there is none. */
export async function installDockerPackages(progress: Progress): Promise<void> {
  await progress.step("apt-get update", async (note) => {
    // Not fatal: a foreign source that can't be reached must not keep Debian's own package away.
    await aptGet(["update"], note).catch((error: unknown) =>
      progress.say(error instanceof Error ? error.message : String(error)),
    );
  });
  await installPackages(progress, ["docker.io", "iptables"]);
  // From Debian 13 on docker.io only recommends its command line.
  if ((await findProgram("docker")) === undefined) await installPackages(progress, ["docker-cli"]);
}

async function installPackages(progress: Progress, packages: readonly string[]): Promise<void> {
  await progress.step(`apt-get install ${packages.join(" ")}`, (note) =>
    aptGet(["install", "-y", "--no-install-recommends", ...packages], note),
  );
}

/** Starts the installed engine, with systemd where it runs, else detached; waits until it answers. */
export async function startDockerEngine(progress: Progress, machine: DockerMachine): Promise<EngineAnswer> {
  const dockerd = machine.dockerd ?? (await findProgram("dockerd"));
  if (dockerd === undefined) {
    throw new UserError("dockerd is not on PATH. Run `sudo apt-get install -y docker.io iptables`.");
  }
  return await progress.step("starting the Docker engine", async () => {
    if (machine.systemd) {
      const started = await execa("systemctl", ["start", "docker"], { reject: false, stdin: "ignore" });
      if (started.exitCode !== 0) {
        throw new UserError(
          `systemctl could not start Docker: ${started.stderr}. See \`journalctl -u docker\`.`,
        );
      }
      return await waitForAnswer({});
    }
    return await startDetached({
      dockerd,
      arguments: [],
      pidFile: "/var/run/docker.pid",
      containerdPidFile: "/var/run/docker/containerd/containerd.pid",
      log: "/var/log/dockerd.log",
    });
  });
}

export interface DetachedEngine {
  readonly dockerd: string;
  readonly arguments: readonly string[];
  /** Where dockerd writes its process id; a live one there is waited for, not started twice. */
  readonly pidFile: string;
  /** Where dockerd writes the id of the containerd that it has started. */
  readonly containerdPidFile: string;
  readonly log: string;
  /** Milliseconds to wait for the first answer. @default 60000 */
  readonly timeout?: number;
}

/** Starts dockerd in a session of its own, so that it outlives us, with its output in a log file. */
export async function startDetached(engine: DetachedEngine): Promise<EngineAnswer> {
  if (isAlive(engine.pidFile)) return await waitForAnswer(engine);
  removeForeignId(engine.pidFile, "dockerd");
  removeForeignId(engine.containerdPidFile, "containerd");
  await mkdir(dirname(engine.log), { recursive: true });
  const log = await open(engine.log, "a", 0o640);
  const logStart = (await log.stat()).size;
  // Nothing of ours goes along but what a daemon needs: the environment may hold a passphrase.
  const daemon = spawn(engine.dockerd, engine.arguments, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: daemonEnvironment(process.env),
  });
  const ended = { early: false };
  daemon.once("exit", () => {
    ended.early = true;
  });
  daemon.once("error", () => {
    ended.early = true;
  });
  daemon.unref();
  await log.close();
  return await waitForAnswer({ ...engine, ended, logStart });
}

/** The variables that dockerd gets: where programs are, and proxies. Pure. */
export function daemonEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|LANG|TMPDIR|(https?|no|all)_proxy)$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => kept.test(name)));
}

interface Wait extends Partial<Pick<DetachedEngine, "pidFile" | "log" | "timeout">> {
  /** Whether the process that we have started is gone. */
  readonly ended?: { readonly early: boolean };
  /** Bytes of the log that were there before, and are about an engine of another day. @default 0 */
  readonly logStart?: number;
}

async function waitForAnswer(wait: Wait): Promise<EngineAnswer> {
  const { pidFile, log, timeout = 60_000, ended, logStart = 0 } = wait;
  const deadline = Date.now() + timeout;
  let gone = false;
  while (!gone && Date.now() < deadline) {
    const answer = await askEngine();
    if (answer.engine !== undefined) return answer;
    // Ours ends if another `up` has started one meanwhile, and then it is that one which is going to answer.
    gone = ended?.early === true && !isAlive(pidFile);
    if (!gone) await sleep(200);
  }
  const written = log === undefined ? undefined : await readFile(log).catch(() => Buffer.alloc(0));
  const text = written?.subarray(logStart).toString() ?? "";
  const kept = log === undefined ? {} : { log: { file: log, text } };
  throw new UserError(explainSilence({ ended: gone, ...kept }));
}

function isAlive(pidFile: string | undefined): boolean {
  return pidFile !== undefined && readProcessId(pidFile, "dockerd") !== undefined;
}

async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    if (folder !== "" && (await exists(join(folder, name), constants.X_OK))) return join(folder, name);
  }
  return undefined;
}

async function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
