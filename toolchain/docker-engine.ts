import { statfs } from "node:fs/promises";
import { dockerCommand, dockerHost } from "./docker.ts";
import {
  askEngine,
  type DockerMachine,
  type EngineAnswer,
  inspectMachine,
  installDockerPackages,
  startDockerEngine,
} from "./docker-service.ts";
import type { Progress } from "./progress.ts";
import { UserError } from "./user-error.ts";
import { isAtLeast } from "./version-number.ts";

/** A Docker engine that answers. */
export interface DockerEngine {
  readonly version: string;
  readonly apiVersion: string;
  /** As Docker names it: amd64, arm64, … */
  readonly architecture: string;
  readonly how: "running" | "started" | "installed";
  /** For a Pulumi docker provider, if the CLI's current context is not the default one. */
  readonly host?: string;
  /** One sentence for people: which engine, and why it is this one. */
  readonly why: string;
}

export interface DockerEngineOptions {
  /** Whether packages may be installed and a stopped engine started. */
  readonly install: boolean;
  readonly progress: Progress;
}

/** The oldest engine that works: 20.10 is what Debian 11 and 12 package, and the oldest that was tried. */
export const ENGINE_FLOOR = "20.10";

/**
 * Gives the Docker engine to use: the one that answers at DOCKER_HOST, the docker CLI's current context or
 * the usual socket; else, as root on Debian or Ubuntu, one that is installed with apt and started.
 *
 * @throws UserError if none answers and none may be installed, or if it is older than 20.10
 */
export async function prepareDockerEngine(options: DockerEngineOptions): Promise<DockerEngine> {
  const answer = await askEngine();
  if (answer.engine !== undefined) return engineFrom(answer, "running");
  const machine = await inspectMachine();
  const plan = planEngine(answer, machine, options.install);
  options.progress.say(plan.why);
  if (plan.install) await installDockerPackages(options.progress);
  // A package may have started its service already; only an engine that is still silent is started.
  const installed = plan.install ? await askEngine() : answer;
  const started =
    installed.engine === undefined ? await startDockerEngine(options.progress, machine) : installed;
  return engineFrom(started, plan.install ? "installed" : "started");
}

/** What to do about an engine that does not answer: start it, or install it first. Pure. */
export function planEngine(
  answer: EngineAnswer,
  machine: DockerMachine,
  install: boolean,
): { readonly install: boolean; readonly why: string } {
  const reason = answer.reason === "" ? "nothing answered" : answer.reason;
  if (/permission denied/i.test(reason)) {
    throw new UserError(
      `The Docker engine refuses user ${machine.user}: ${reason}. Run this as root, or allow the user with ` +
        `\`sudo usermod -aG docker ${machine.user}\` and log in again.`,
    );
  }
  if (answer.chosen !== undefined && answer.missing) {
    throw new UserError(
      `${answer.chosen} is set, but there is no docker command to reach it with. Install Docker's command line: ` +
        "see https://docs.docker.com/engine/install/.",
    );
  }
  if (answer.chosen !== undefined) {
    throw new UserError(
      `No Docker engine answers at ${answer.chosen}: ${reason}. Start that engine, or choose another one ` +
        "with `unset DOCKER_HOST` or `docker context use default`.",
    );
  }
  const missing = answer.missing || !machine.dockerd;
  const lack = missing ? "Docker is not installed" : "The Docker engine is installed but not running";
  const command = missing
    ? machine.apt
      ? "sudo apt-get update && sudo apt-get install -y docker.io iptables"
      : "see https://docs.docker.com/engine/install/"
    : machine.systemd
      ? "sudo systemctl start docker"
      : "sudo dockerd";
  const mend = missing && !machine.apt ? `Install it: ${command}.` : `Run \`${command}\`.`;
  if (!install)
    throw new UserError(
      `${lack}, and --no-install forbids ${missing ? "installing" : "starting"} it. ${mend}`,
    );
  if (!machine.root)
    throw new UserError(`${lack}, and only root may ${missing ? "install" : "start"} it. ${mend}`);
  if (missing && !machine.apt) {
    throw new UserError(`${lack}, and it is installed for you on Debian and Ubuntu only. ${mend}`);
  }
  return {
    install: missing,
    why: missing
      ? `${lack}: installing it with apt-get, then starting it (--no-install forbids this).`
      : `${lack}: starting it (--no-install forbids this).`,
  };
}

/**
 * Refuses to go on if the engine's disk is nearly full.
 *
 * An engine on another machine isn't checked, its disk can't be seen from here.
 *
 * @throws UserError if fewer than 500 MB are free
 */
export async function requireEngineSpace(): Promise<void> {
  const info = await dockerCommand(["info", "--format", "{{.DockerRootDir}}"]);
  const folder = info.stdout.trim();
  if (info.exitCode !== 0 || folder === "" || process.env.DOCKER_HOST?.match(/^(tcp|ssh):/)) return;
  const disk = await statfs(folder).catch(() => undefined);
  if (disk !== undefined) checkSpace(disk.bavail * disk.bsize, folder);
}

/** Throws a UserError if fewer than 500 MB (10^6 bytes each) are free. Pure. */
export function checkSpace(freeBytes: number, folder: string): void {
  if (freeBytes >= 500e6) return;
  throw new UserError(
    `Only ${Math.floor(freeBytes / 1e6)} MB are free in ${folder}, where Docker keeps its images; at least ` +
      "500 MB are needed. Make room, for example with `docker system prune`.",
  );
}

async function engineFrom(answer: EngineAnswer, how: DockerEngine["how"]): Promise<DockerEngine> {
  const engine = checkVersion(answer);
  const host = await dockerHost(answer.context);
  const place = answer.chosen ?? "the usual socket";
  const verb = { running: "answers at", started: "was started, at", installed: "was installed, at" }[how];
  return {
    ...engine,
    how,
    ...(host === undefined ? {} : { host }),
    why: `Docker engine ${engine.version} ${verb} ${place}.`,
  };
}

/** The engine of an answer, if it is new enough. Pure. */
export function checkVersion(answer: EngineAnswer): NonNullable<EngineAnswer["engine"]> {
  if (answer.engine === undefined) throw new UserError(`No Docker engine answers: ${answer.reason}.`);
  const { version } = answer.engine;
  if (isAtLeast(version, ENGINE_FLOOR)) return answer.engine;
  throw new UserError(
    `The Docker engine at ${answer.chosen ?? "the usual socket"} is version ${version}; at least ${ENGINE_FLOOR} is ` +
      "needed. Upgrade it: see https://docs.docker.com/engine/install/.",
  );
}
