import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { projectFolder, projectName } from "../toolchain/project.ts";
import { freePorts, type Workbench } from "../toolchain/throwaway-stack.ts";
import { type Measurement, measure } from "./measurement.ts";

/** Rules of a user, none of which another user has but one: five, as the goals were set for. */
function rulesOf(group: string) {
  return {
    readwrite: [`${group}/chat/#`],
    read: [`${group}/events/#`, "naboom/community/#"],
    write: [`${group}/events/+`],
    deny: [`${group}/chat/closed/#`],
  };
}

type User = ReturnType<typeof rulesOf>;

/** A stack of this project with a name, ports and users of its own, worked with by the commands that people use. */
export class BenchStack {
  readonly name: string;
  /** What its first `npm run up` took. */
  readonly first: Measurement;
  readonly #workbench: Workbench;
  readonly #users: Record<string, User>;
  readonly #settings: Readonly<Record<string, unknown>>;

  private constructor(
    name: string,
    workbench: Workbench,
    users: Record<string, User>,
    settings: Readonly<Record<string, unknown>>,
    first: Measurement,
  ) {
    this.name = name;
    this.#workbench = workbench;
    this.#users = users;
    this.#settings = settings;
    this.first = first;
  }

  /** Brings a stack up with so many users. */
  static async create(workbench: Workbench, count: number): Promise<BenchStack> {
    const name = `bench-${randomBytes(4).toString("hex")}`;
    const [mqtt, mqtts, ws, wss] = (await freePorts(4)).map((port) => ({ port }));
    const settings = { listeners: { mqtt, mqtts, ws, wss }, container: { memoryMegabytes: 1_024 } };
    const numbers = Array.from({ length: count }, (_, number) => number);
    const users = Object.fromEntries(
      numbers.map((number) => [`user-${number}`, rulesOf(`naboom/groups/${number}`)]),
    );
    await writeSettings(name, { ...settings, users });
    try {
      return new BenchStack(name, workbench, users, settings, await npmRun(name, "up"));
    } catch (error) {
      await remove(name);
      throw error;
    }
  }

  /** What `npm run up` takes, or another command of npm's. */
  npm(command: string, ...args: string[]): Promise<Measurement> {
    return npmRun(this.name, command, ...args);
  }

  /** What plain `pulumi up` takes, as somebody runs it who has Pulumi and this stack's state. */
  pulumi(): Promise<Measurement> {
    const { cli, environment } = this.#workbench;
    const args = ["up", "--yes", "--skip-preview", "--stack", this.name];
    return measure({ command: [cli, ...args], folder: projectFolder, environment });
  }

  /** Gives one user another rule. */
  async changeUser(): Promise<void> {
    this.#users["user-0"] = rulesOf(`naboom/groups/changed-${randomBytes(2).toString("hex")}`);
    await writeSettings(this.name, { ...this.#settings, users: this.#users });
  }

  remove(): Promise<void> {
    return remove(this.name);
  }
}

async function remove(name: string): Promise<void> {
  await npmRun(name, "down", "--yes");
  await rm(settingsFile(name), { force: true });
}

function npmRun(stack: string, command: string, ...args: string[]): Promise<Measurement> {
  return measure({
    command: ["npm", "run", "--silent", command, "--", ...args, "--stack", stack],
    folder: projectFolder,
  });
}

function settingsFile(stack: string): string {
  return join(projectFolder, `Pulumi.${stack}.yaml`);
}

async function writeSettings(stack: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const entries = Object.entries(settings).map(([key, value]) => [`${projectName}:${key}`, value]);
  await writeFile(settingsFile(stack), stringify({ config: Object.fromEntries(entries) }));
}
