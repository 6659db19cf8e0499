import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { packFiles } from "../../mosquitto/archive.ts";
import { layout } from "../../mosquitto/layout.ts";
import { type ListenerName, listenerNames, listeners } from "../../mosquitto/listener.ts";
import { startScript } from "../../mosquitto/start.ts";
import { freePorts } from "../../toolchain/throwaway-stack.ts";
import { renderTrialRevision, type TrialAccount, type TrialRevision } from "./trial-revision.ts";

export interface TrialBrokerOptions {
  /** The image's reference. */
  readonly image: string;
  /** Megabytes that the container may take. @default 512, as in a stack */
  readonly memoryMegabytes?: number;
  /** What becomes of mosquitto.conf. @default it is as a stack renders it */
  readonly configuration?: (text: string) => string;
  /** A volume of the caller's, or a folder of the engine's machine, for messages and sessions. @default its own volume */
  readonly data?: string;
  /** Of the broker's process, as sanitizers take their options from it. @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a broker takes of memory, in bytes. */
export interface Memory {
  /** What its process has in memory. */
  readonly resident: number;
  /** What the kernel charges its container with, the buffers of its sockets among it; none where it does not tell. */
  readonly charged: number | undefined;
}

/**
 * A throwaway broker on the very files that a stack would render, in a container confined as a stack's, on ports of
 * the loopback interface. It is not started anew when it ends, so that an end is seen.
 */
export class TrialBroker {
  readonly revision: TrialRevision;
  readonly image: string;
  readonly #container: string;
  readonly #volumes: readonly string[];
  readonly #ports: Readonly<Record<ListenerName, number>>;

  private constructor(parts: {
    readonly image: string;
    readonly revision: TrialRevision;
    readonly container: string;
    readonly volumes: readonly string[];
    readonly ports: Readonly<Record<ListenerName, number>>;
  }) {
    this.image = parts.image;
    this.revision = parts.revision;
    this.#container = parts.container;
    this.#volumes = parts.volumes;
    this.#ports = parts.ports;
  }

  static async start(options: TrialBrokerOptions): Promise<TrialBroker> {
    const memoryMegabytes = options.memoryMegabytes ?? 512;
    const { image } = options;
    const container = `naboom-mqtt-abuse-${process.pid}-${randomBytes(3).toString("hex")}`;
    const volumes = [`${container}-revisions`, ...(options.data === undefined ? [`${container}-data`] : [])];
    const revision = await renderTrialRevision(memoryMegabytes, options.configuration);
    const [mqtt = 0, mqtts = 0, ws = 0, wss = 0] = await freePorts(4);
    const ports = { mqtt, mqtts, ws, wss };
    const broker = new TrialBroker({ image, revision, container, volumes, ports });
    try {
      await deliver(image, volumes[0] ?? "", revision);
      const mounts = [volumes[0] ?? "", options.data ?? volumes[1] ?? ""];
      const args = containerArguments({ ...options, memoryMegabytes }, mounts, ports);
      await execa("docker", ["create", "--name", container, ...args]);
      await broker.restart();
      return broker;
    } catch (error) {
      const { all } = await execa({ all: true, reject: false })`docker logs --tail 40 ${container}`;
      await broker.remove();
      throw new Error(`the throwaway broker does not come up: ${all}`, { cause: error });
    }
  }

  /** The user's name and password for each account. */
  get accounts(): Readonly<Record<TrialAccount, { readonly username: string; readonly password: string }>> {
    return this.revision.accounts;
  }

  /** The name of its container. */
  get container(): string {
    return this.#container;
  }

  /** The port of 127.0.0.1 that leads to a listener. */
  port(listener: ListenerName): number {
    return this.#ports[listener];
  }

  /** Starts it, anew where it has ended, and waits until it listens. */
  async restart(): Promise<void> {
    await execa`docker start ${this.#container}`;
    await this.#shell(
      "for i in $(seq 100); do grep -q ':075B ' /proc/net/tcp* && exit 0; sleep 0.1; done; exit 1",
    );
  }

  /** Ends it as no program can refuse: SIGKILL. */
  async kill(): Promise<void> {
    await execa`docker kill ${this.#container}`;
  }

  /** Ends it as an update does: SIGTERM, and a while to end in. */
  async stop(): Promise<void> {
    await execa`docker stop --time 20 ${this.#container}`;
  }

  /** Runs a shell script in its container. */
  async run(script: string): Promise<string> {
    return await this.#shell(script);
  }

  /** The last lines of its log. */
  async log(): Promise<string> {
    const { all } = await execa({ all: true })`docker logs --tail 200 ${this.#container}`;
    return all;
  }

  async isRunning(): Promise<boolean> {
    const { stdout } = await execa("docker", ["inspect", "--format", "{{.State.Running}}", this.#container]);
    return stdout.trim() === "true";
  }

  /** How it ended, for instance `exit code 139`. */
  async end(): Promise<string> {
    const format = "exit code {{.State.ExitCode}}{{if .State.OOMKilled}}, out of memory{{end}}";
    const { stdout } = await execa("docker", ["inspect", "--format", format, this.#container]);
    return stdout.trim();
  }

  async memory(): Promise<Memory> {
    const files = "/sys/fs/cgroup/memory.current /sys/fs/cgroup/memory/memory.usage_in_bytes";
    const text = await this.#shell(`grep VmRSS /proc/1/status; cat ${files} 2>/dev/null || true`);
    const [resident = "0", charged] = text.match(/\d+/g) ?? [];
    return {
      resident: Number(resident) * 1024,
      charged: charged === undefined ? undefined : Number(charged),
    };
  }

  /** Sanitizers' reports in its log, first lines only. */
  async sanitizerReports(): Promise<readonly string[]> {
    const log = execa({ all: true, buffer: false, reject: false })`docker logs ${this.#container}`;
    const reports: string[] = [];
    for await (const line of createInterface({ input: log.all })) {
      if (/ERROR: \w+Sanitizer|runtime error:/.test(line)) reports.push(line.trim());
    }
    await log;
    return [...new Set(reports)];
  }

  /** Removes it with its volumes. */
  async remove(): Promise<void> {
    await execa({ reject: false })`docker rm --force --volumes ${this.#container}`;
    await execa({ reject: false })`docker volume rm --force ${this.#volumes}`;
  }

  async #shell(script: string): Promise<string> {
    const { stdout } = await execa("docker", ["exec", this.#container, "/bin/sh", "-c", script]);
    return stdout;
  }
}

/** Puts the files into a volume, where a broker looks for them. */
async function deliver(image: string, volume: string, { revision }: TrialRevision): Promise<void> {
  const target = `${layout.revisions}/rev-${revision.id}`;
  const script = `mkdir ${target} && tar -xpf - -C ${target} && chown ${layout.owner}:${layout.owner} ${target} && ln -s ${target} ${layout.current}`;
  const input = Buffer.from(await packFiles(revision.files), "base64");
  const run = [
    "run",
    "--rm",
    "--interactive",
    "--user=0",
    "--network=none",
    "--volume",
    `${volume}:${layout.revisions}`,
  ];
  await execa("docker", [...run, "--entrypoint=/bin/sh", image, "-c", script], { input });
}

function containerArguments(
  { image, memoryMegabytes, environment = {} }: TrialBrokerOptions,
  [revisions, data]: readonly string[],
  ports: Readonly<Record<ListenerName, number>>,
): readonly string[] {
  const files = 4_256;
  // Reports of sanitizers are looked for in the log, which may then not lose its beginning.
  const logMegabytes = Object.keys(environment).length === 0 ? 10 : 1_000;
  return [
    ...["--volume", `${revisions}:${layout.revisions}:ro`, "--volume", `${data}:${layout.data}`],
    ...["--user", `${layout.owner}:${layout.owner}`, "--read-only", "--cap-drop=ALL"],
    ...[
      "--security-opt=no-new-privileges:true",
      `--memory=${memoryMegabytes}m`,
      `--memory-swap=${memoryMegabytes}m`,
    ],
    ...[`--ulimit=nofile=${files}:${files}`, "--ulimit=nproc=256:256"],
    ...["--log-driver=json-file", `--log-opt=max-size=${logMegabytes}m`, "--log-opt=max-file=1"],
    ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...listenerNames.flatMap((name) => ["--publish", `127.0.0.1:${ports[name]}:${listeners[name].port}`]),
    ...["--entrypoint=/bin/sh", image, "-c", startScript, "start"],
  ];
}
