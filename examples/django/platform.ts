import { chmod, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { type StackOutputs, stackOutputs } from "../../infra/contract.ts";
import { listenerIn } from "../../mosquitto/listener.ts";
import { StackCommands } from "../../testing/stack-commands.ts";
import { type StackSettings, ThrowawayStack, type Workbench } from "../../toolchain/throwaway-stack.ts";
import { preparePython } from "./python-environment.ts";
import type { Workplace } from "./service-process.ts";
import { ThrowawayPostgres } from "./throwaway-postgres.ts";

/** How far the rotations have come, and nothing else changes. */
export interface Rotation {
  readonly generation: number;
  readonly retired: number;
  readonly certificates: Readonly<Record<string, number>>;
  /** What listeners ask clients for besides a password. */
  readonly clientCertificates: Readonly<Record<string, string>>;
}

const branches = ["community", "system", "notifications", "alerts"].map((name) => `naboom/${name}/#`);
const initial: Rotation = { generation: 1, retired: 0, certificates: {}, clientCertificates: {} };

/** A broker, a PostgreSQL and a Python for the example, all of its own. */
export class Platform {
  readonly postgres: ThrowawayPostgres;
  readonly #stack: ThrowawayStack;
  readonly #python: string;
  readonly #folder: string;
  #rotation = initial;
  #outputs: StackOutputs | undefined;
  /** Every password that there has been. */
  readonly passwords = new Set<string>();

  private constructor(stack: ThrowawayStack, postgres: ThrowawayPostgres, python: string, folder: string) {
    this.#stack = stack;
    this.postgres = postgres;
    this.#python = python;
    this.#folder = folder;
  }

  static async create(workbench: Workbench): Promise<Platform> {
    const python = await preparePython();
    const stack = await ThrowawayStack.create(workbench);
    const postgres = await ThrowawayPostgres.start();
    const folder = await mkdtemp(join(tmpdir(), "naboom-django-"));
    const platform = new Platform(stack, postgres, python, folder);
    await platform.rotate({});
    await platform.writeSettings();
    return platform;
  }

  get outputs(): StackOutputs {
    if (this.#outputs === undefined) throw new Error("the stack is not up yet");
    return this.#outputs;
  }

  /** The project's commands on the stack as it is now; what they rotate, {@link rotate} does not know of. */
  commands(): Promise<StackCommands> {
    return StackCommands.create(this.#stack, this.#settings());
  }

  #settings(): StackSettings {
    const { generation, retired, ...others } = this.#rotation;
    const django = { readwrite: branches, rotation: "overlap", generation, retired };
    return { users: { django, publisher: { readwrite: branches } }, ...others };
  }

  /** Brings the stack to another state of rotation. The service's files stay what they are. */
  async rotate(to: Partial<Rotation>): Promise<void> {
    this.#rotation = { ...this.#rotation, ...to };
    await this.#stack.configure(this.#settings());
    const { exitCode, output } = await this.#stack.up();
    if (exitCode !== 0) throw new Error(output);
    this.#outputs = stackOutputs.parse(await this.#stack.stack.outputs());
    for (const { password } of Object.values(this.#outputs.credentials)) this.passwords.add(password);
  }

  /**
   * Writes what the service is to be given, each file at once, as `KEY=value` lines and a CA.
   *
   * @returns the path of the environment file
   */
  async writeSettings(
    name = "django",
    changes: Readonly<Record<string, string | number>> = {},
  ): Promise<string> {
    const { listeners, credentials, authority } = this.outputs;
    await this.#replace("ca.crt", authority);
    const values = {
      MQTT_HOST: listenerIn(listeners, "mqtts").host,
      MQTT_PORT: listenerIn(listeners, "mqtt").port,
      MQTT_SSL_PORT: listenerIn(listeners, "mqtts").port,
      MQTT_USERNAME: credentials.django?.username,
      MQTT_PASSWORD: credentials.django?.password,
      MQTT_CLIENT_ID: name,
      MQTT_CA_FILE: "ca.crt",
      ...changes,
    };
    const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
    return await this.#replace(`${name}.env`, lines.join(""));
  }

  /** Where the project's commands run, with settings written before. */
  workplace(name = "django", environment: Readonly<Record<string, string>> = {}): Workplace {
    const file = { MQTT_ENV_FILE: join(this.#folder, `${name}.env`) };
    return { python: this.#python, environment: { ...this.postgres.environment, ...file, ...environment } };
  }

  /** The path of a file of its own, and its content if that is given. */
  async file(name: string, content?: string): Promise<string> {
    return content === undefined ? join(this.#folder, name) : await this.#replace(name, content);
  }

  /** The settings that were written, as the environment of a process that knows no files. */
  async environment(name: string): Promise<Record<string, string>> {
    const text = await readFile(join(this.#folder, `${name}.env`), "utf8");
    const entries = text
      .trim()
      .split("\n")
      .map((line) => line.split("=", 2) as [string, string]);
    return { ...Object.fromEntries(entries), MQTT_CA_FILE: join(this.#folder, "ca.crt") };
  }

  async docker(action: "restart" | "stop" | "start" | "pause" | "unpause"): Promise<void> {
    await execa("docker", [action, this.outputs.broker.container]);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await this.postgres.remove();
    await this.#stack.remove();
  }

  async #replace(name: string, content: string): Promise<string> {
    const path = join(this.#folder, name);
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await chmod(`${path}.new`, 0o600);
    await rename(`${path}.new`, path);
    return path;
  }
}
