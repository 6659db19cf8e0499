import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { dockerCommand } from "./docker.ts";
import { mendInterruptedUpdate } from "./interrupted-update.ts";
import { projectName } from "./project.ts";
import { Stack } from "./stack.ts";

/** What a throwaway stack is made with: the toolchain, ready to be called. */
export interface Workbench {
  /** The absolute path of the Pulumi CLI. */
  readonly cli: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Settings of a stack by key, without the project's name. */
export type StackSettings = Readonly<Record<string, unknown>>;

/**
 * A stack for tests, with state, passphrase, settings, names and ports of its own, so that it neither
 * sees nor disturbs any other; `remove` leaves nothing of it.
 */
export class ThrowawayStack {
  readonly stack: Stack;
  readonly workbench: Workbench;
  /** What the names of its things on the engine begin with. */
  readonly prefix: string;
  /** Its default settings: free ports. */
  readonly ports: Readonly<Record<string, { readonly port: number }>>;
  readonly #folder: string;

  private constructor(stack: Stack, workbench: Workbench, folder: string, ports: ThrowawayStack["ports"]) {
    this.stack = stack;
    this.workbench = workbench;
    this.prefix = `${projectName}-${stack.name}`;
    this.ports = ports;
    this.#folder = folder;
  }

  static async create(workbench: Workbench, settings: StackSettings = {}): Promise<ThrowawayStack> {
    const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-stack-"));
    const stack = new Stack({
      name: `test-${process.pid}-${randomBytes(3).toString("hex")}`,
      cli: workbench.cli,
      settingsFile: join(folder, "settings.yaml"),
      keepSettings: true,
      environment: {
        ...workbench.environment,
        PULUMI_BACKEND_URL: pathToFileURL(folder).href,
        PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "passphrase"),
        PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      },
    });
    await writeFile(join(folder, "passphrase"), randomBytes(32).toString("base64url"), { mode: 0o600 });
    const [mqtt = 0, mqtts = 0, ws = 0, wss = 0] = await freePorts(4);
    const ports = { mqtt: { port: mqtt }, mqtts: { port: mqtts }, ws: { port: ws }, wss: { port: wss } };
    const throwaway = new ThrowawayStack(stack, workbench, folder, ports);
    await throwaway.configure(settings);
    await stack.create();
    return throwaway;
  }

  /** Writes its settings anew; its ports stay unless the settings say otherwise. */
  async configure(settings: StackSettings): Promise<void> {
    const entries = Object.entries({ listeners: this.ports, ...settings });
    const config = Object.fromEntries(entries.map(([key, value]) => [`${projectName}:${key}`, value]));
    await writeFile(join(this.#folder, "settings.yaml"), stringify({ config }));
  }

  /** Runs `pulumi up` and gives what it printed. */
  async up(...args: string[]): Promise<{ exitCode: number; output: string }> {
    const result = await this.stack.run(["up", "--yes", "--skip-preview", "--color", "never", ...args], {
      capture: true,
    });
    return { exitCode: result.exitCode, output: `${result.stdout}\n${result.stderr}` };
  }

  /**
   * Destroys it and its state.
   *
   * @throws Error that names what of it is still on the engine
   */
  async remove(): Promise<void> {
    await mendInterruptedUpdate(this.stack);
    const { exitCode, stdout, stderr } = await this.stack.run(["destroy", "--yes", "--skip-preview"], {
      capture: true,
    });
    await rm(this.#folder, { recursive: true, force: true });
    const left = await this.leftovers();
    if (exitCode === 0 && left.length === 0) return;
    throw new Error(`${this.prefix} was not removed whole (${left.join(", ")}): ${stdout}\n${stderr}`);
  }

  /** Ids and start times of its containers, which tell one that was restarted from one that was not. */
  async containerRuns(...roles: readonly ("broker" | "publish" | "reload")[]): Promise<string> {
    const names = roles.map((role) => `${this.prefix}-${role}`);
    const format = "{{.Id}} {{.State.StartedAt}}";
    const { exitCode, stdout, stderr } = await dockerCommand(["inspect", "--format", format, ...names]);
    if (exitCode === 0) return stdout;
    throw new Error(`${names.join(", ")} cannot be inspected: ${stderr}`);
  }

  /** Its containers, volumes and networks on the engine. */
  async leftovers(): Promise<readonly string[]> {
    const listed = await Promise.all([
      dockerCommand(["ps", "-a", "--filter", `name=${this.prefix}`, "--format", "container {{.Names}}"]),
      dockerCommand(["volume", "ls", "--filter", `name=${this.prefix}`, "--format", "volume {{.Name}}"]),
      dockerCommand(["network", "ls", "--filter", `name=${this.prefix}`, "--format", "network {{.Name}}"]),
    ]);
    if (listed.some(({ exitCode }) => exitCode !== 0))
      throw new Error("the engine cannot be asked what is left");
    return listed.flatMap(({ stdout }) => stdout.split("\n").filter((line) => line !== ""));
  }
}

/**
 * Where ports of throwaway stacks are looked for: below the range that systems take the ports of outgoing
 * connections from, as the clients of another test would else take one before the broker does.
 */
const PORTS = Object.freeze({ from: 20_000, to: 32_000 });

/** Test files side by side look in parts of their own, as a port is still free when another has been given it. */
const PARTS = 4;

/** Ports of 127.0.0.1 that are free now, all held at once so that no two are the same. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = [];
  const part = Number(process.env.VITEST_POOL_ID ?? 0) % PARTS;
  for (let attempt = 0; servers.length < count && attempt < 1_000; attempt += 1) {
    const port = PORTS.from + randomInt((PORTS.to - PORTS.from) / PARTS) * PARTS + part;
    const server = await listen(port).catch(() => undefined);
    if (server !== undefined) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  if (ports.length < count) throw new Error(`no port between ${PORTS.from} and ${PORTS.to} can be had`);
  return ports;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
