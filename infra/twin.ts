import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { layout } from "../mosquitto/layout.ts";
import { type ListenerName, listeners } from "../mosquitto/listener.ts";
import { TWIN_READY, twinScript, twinSource } from "../mosquitto/twin.ts";
import { Refusal } from "./refusal.ts";
import { reachPorts, type TwinPorts } from "./twin-ports.ts";

export interface TwinOptions {
  /** The stack's name. */
  readonly stack: string;
  /** What a twin that does not stand keeps from happening, and the command to try again. */
  readonly consequence: string;
  /** The image's reference or id. */
  readonly image: string;
  /** The network that no other container is on. */
  readonly network: string;
  /** The listeners that are on. */
  readonly listeners: readonly ListenerName[];
  /** The files as a tar archive; or the volume with the revision in force. */
  readonly files: { readonly archive: Buffer } | { readonly volume: string };
}

/**
 * A twin of a stack's broker: the same image on the same files, byte for byte, with an empty database and without any
 * client but the proof's.
 *
 * Its container has the least that a broker takes: it runs as the broker's user, on a root filesystem that is read-only,
 * with what it writes in memory, and its ports are published on 127.0.0.1 only. The files reach it by stdin, so that no
 * secret is on a command line, in its environment or on a disk. It ends with the process that started it.
 */
export class Twin {
  /** The name of its container. */
  readonly container: string;
  /** Rejects with a Refusal when the twin ends before {@link stop}. */
  readonly lost: Promise<never>;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  readonly #words: string[] = [];
  #ports: TwinPorts | undefined;

  private constructor({ consequence, image, network, files, ...options }: TwinOptions) {
    this.container = `${network}-${randomBytes(4).toString("hex")}`;
    const source = "volume" in files ? [`--volume=${files.volume}:${twinSource}:ro,nocopy`] : [];
    const bytes = "archive" in files ? files.archive.length : 0;
    const args = [
      ...["run", "--interactive", "--rm", `--name=${this.container}`, `--network=${network}`],
      ...CONFINED,
      ...source,
      ...["--log-driver=none", "--pull=never"],
      ...options.listeners.map((name) => `--publish=127.0.0.1::${listeners[name].port}`),
      ...["--entrypoint=/bin/sh", image, "-c", twinScript, "twin", `${bytes}`],
    ];
    this.#process = spawn("docker", args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.on("error", ({ message }) => this.#words.push(message));
    this.#ended = once(this.#process, "close").catch(() => {});
    // A twin that ends while it is given its files is told of by `lost`.
    this.#process.stdin.on("error", () => {});
    if ("archive" in files) this.#process.stdin.write(files.archive);
    createInterface({ input: this.#process.stderr }).on("line", (line) => this.#words.push(line));
    this.lost = this.#ended.then(() => {
      throw new Refusal(lostSentence(consequence, this.#words));
    });
    this.lost.catch(() => {});
  }

  /** Starts a twin, and waits until its broker lets the healthcheck in. @throws Refusal with the broker's own words */
  static async start(options: TwinOptions): Promise<Twin> {
    const twin = new Twin(options);
    try {
      await Promise.race([twin.#ready(), twin.lost]);
      twin.#ports = await Promise.race([reachPorts(twin.container, options), twin.lost]);
      return twin;
    } catch (error) {
      await twin.stop();
      throw error;
    }
  }

  /** Where each listener is reached from this process. */
  get addresses(): TwinPorts["addresses"] {
    return this.#ports?.addresses ?? {};
  }

  /** Whether connections to it are slow, as its ports are not on this machine. */
  get isSlow(): boolean {
    return this.#ports?.slow ?? false;
  }

  /** Ends the twin, and waits until its container is gone. */
  async stop(): Promise<void> {
    this.#ports?.close();
    this.#process.stdin.end();
    await this.#ended;
  }

  #ready(): Promise<void> {
    const input = this.#process.stdout;
    return new Promise((resolve) => {
      createInterface({ input }).on("line", (line) => line === TWIN_READY && resolve());
    });
  }
}

const OWNED = `uid=${layout.owner},gid=${layout.owner},mode=0700,noexec,nosuid`;

const CONFINED: readonly string[] = Object.freeze([
  `--user=${layout.owner}:${layout.owner}`,
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges:true",
  `--tmpfs=${layout.revisions}:${OWNED}`,
  `--tmpfs=${layout.data}:${OWNED}`,
  `--tmpfs=/tmp:${OWNED}`,
]);

/** Words of the broker that are shown at most. */
const SHOWN = 8;

function lostSentence(consequence: string, words: readonly string[]): string {
  const last = words.filter((line) => line.trim() !== "").slice(-SHOWN);
  const shown = last.length === 0 ? ["none"] : last;
  return `${consequence}; the last words of the twin:\n${shown.map((line) => `    ${line}`).join("\n")}`;
}
