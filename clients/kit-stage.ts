import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { projectFolder } from "../toolchain/project.ts";
import { type StackSettings, ThrowawayStack, type Workbench } from "../toolchain/throwaway-stack.ts";
import { type Connection, clientIdsOf, describeConnection } from "./connection.ts";
import { renderKit } from "./kit.ts";
import { chooseListener, kitKinds } from "./kit-kind.ts";
import { type Program, placeKit, providePackages } from "./kit-process.ts";
import { type ProgramName, preparePrograms } from "./programs.ts";
import { Witness } from "./witness.ts";

/** Users with all kinds of rights and listeners, and the witness. */
export const users = Object.freeze({
  web: { readwrite: ["naboom/#"] },
  reader: { read: ["naboom/news/#"], listeners: ["mqtts", "wss"] },
  writer: { write: ["naboom/events"], listeners: ["mqtts", "wss"] },
  plain: { readwrite: ["naboom/#"], listeners: ["mqtt", "ws"] },
  nobody: { deny: ["naboom/#"], listeners: ["mqtts"] },
  browser: { readwrite: ["naboom/#"], listeners: ["wss"] },
  witness: { readwrite: ["naboom/#"] },
});

/** How the command ended, and all that it printed. */
export interface CommandEnd {
  readonly exitCode: number;
  readonly output: string;
}

/** A throwaway stack, the real command for it, the real clients, and a folder for kits. */
export class KitStage {
  readonly folder: string;
  readonly programs: Readonly<Record<ProgramName, Program>>;
  readonly #workbench: Workbench;
  readonly #throwaway: ThrowawayStack;
  #outputs: StackOutputs | undefined;
  #witness: Witness | undefined;

  private constructor(
    workbench: Workbench,
    throwaway: ThrowawayStack,
    folder: string,
    programs: KitStage["programs"],
  ) {
    this.#workbench = workbench;
    this.#throwaway = throwaway;
    this.folder = folder;
    this.programs = programs;
  }

  static async create(workbench: Workbench): Promise<KitStage> {
    const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-clients-"));
    const programs = await preparePrograms(workbench.environment.NABOOM_MQTT_IMAGE ?? "", folder);
    const stage = new KitStage(workbench, await ThrowawayStack.create(workbench), folder, programs);
    try {
      await stage.deliver({ users });
      return stage;
    } catch (error) {
      await stage.remove();
      throw error;
    }
  }

  get outputs(): StackOutputs {
    if (this.#outputs === undefined) throw new Error("the stack is not up yet");
    return this.#outputs;
  }

  get witness(): Witness {
    if (this.#witness === undefined) throw new Error("the stack is not up yet");
    return this.#witness;
  }

  async deliver(settings: StackSettings): Promise<void> {
    await this.#witness?.close();
    await this.#throwaway.configure(settings);
    const { exitCode, output } = await this.#throwaway.up();
    if (exitCode !== 0) throw new Error(output);
    this.#outputs = stackOutputs.parse(await this.#throwaway.stack.outputs());
    this.#witness = await Witness.connect(this.#outputs);
  }

  /** Restarts the broker, as its engine or its machine would. */
  async restartBroker(): Promise<void> {
    const { exitCode, stderr } = await dockerCommand(["restart", `${this.#throwaway.prefix}-broker`]);
    if (exitCode !== 0) throw new Error(stderr);
  }

  /** Has the command make a kit for one of the programs, or of another kind. */
  async makeKit(user: string, name: string, mark = ""): Promise<string> {
    const place = join(this.folder, `${user}-${name}-${mark}`.replaceAll(" ", "-"));
    const { exitCode, output } = await this.client(user, "--for", name.replace(/ .*/, ""), "--out", place);
    if (exitCode !== 0) throw new Error(output);
    await providePackages(place, this.programs[name as ProgramName] ?? {});
    return place;
  }

  /** Places a kit as the command would, without the seconds that it takes, with another connection where one is wanted. */
  async placeKit(
    user: string,
    name: ProgramName,
    mark = "",
    change = (connection: Connection): Connection => connection,
  ): Promise<string> {
    const place = join(this.folder, `${user}-${name}-${mark}-placed`.replaceAll(" ", "-"));
    const kind = kitKinds.find((found) => found === name.replace(/ .*/, "")) ?? "json";
    const listener = chooseListener(kind, this.outputs.users[user]?.listeners ?? []);
    if (listener === undefined) throw new Error(`${user} has no listener for ${kind}`);
    const clientId = clientIdsOf(this.outputs, user)?.[0] ?? `${user}-${name.replace(" ", "-")}-${mark}`;
    const connection = describeConnection(this.outputs, { user, listener, clientId });
    await placeKit(place, renderKit(kind, change(connection), place), this.programs[name]);
    return place;
  }

  /** Runs the real command, as `npm run client` does, where a pipe would be coloured by tools that heed CI. */
  async client(...args: string[]): Promise<CommandEnd> {
    const state = this.#throwaway.stack.stateFolder ?? "";
    const result = await execa(process.execPath, ["toolchain/start.mjs", "client", ...args], {
      cwd: projectFolder,
      env: {
        ...this.#workbench.environment,
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: join(state, "passphrase"),
        PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
        PULUMI_STACK: this.#throwaway.stack.name,
        CI: "true",
      },
      ...{ all: true, reject: false, stdin: "ignore" },
    });
    return { exitCode: result.exitCode ?? -1, output: result.all ?? "" };
  }

  async remove(): Promise<void> {
    await this.#witness?.close();
    await this.#throwaway.remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}
