import { fileURLToPath } from "node:url";
import { execa, type Options } from "execa";
import { z } from "zod";
import { endLike, finish, hasTerminal } from "./child-process.mjs";
import { projectFolder } from "./project.ts";
import { keepSettings } from "./stack-settings.ts";
import { changesIn, countResources, readLastUpdate, type Update } from "./state-files.ts";
import { UserError } from "./user-error.ts";

/** What calls of the Pulumi CLI for one stack need. */
export interface StackOptions {
  readonly name: string;
  /** The absolute path of the Pulumi CLI. */
  readonly cli: string;
  /** What has to be added to the process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** A settings file elsewhere than in the project. @default Pulumi.<name>.yaml */
  readonly settingsFile?: string;
  /** Whether Pulumi's own additions to the project's settings files are taken out again. */
  readonly keepSettings: boolean;
}

/** How a call of the CLI ended, and what it printed. */
export interface PulumiResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const listed = z.array(z.object({ name: z.string(), resourceCount: z.int().optional() }));
const history = z.array(
  z.object({ startTime: z.string(), resourceChanges: z.record(z.string(), z.int()).optional() }),
);

const configured = z.record(z.string(), z.object({ value: z.string().optional() }));

/** Commands that know no `--config-file`. */
const WITHOUT_SETTINGS: ReadonlySet<string> = new Set(["stack", "state", "cancel"]);

/** One stack of this project, driven by the real CLI. */
export class Stack {
  readonly name: string;
  readonly #options: StackOptions;

  constructor(options: StackOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** The folder with the stack's state, if the backend is a folder that is given by PULUMI_BACKEND_URL. */
  get stateFolder(): string | undefined {
    const url = this.#options.environment.PULUMI_BACKEND_URL ?? process.env.PULUMI_BACKEND_URL ?? "";
    return url.startsWith("file:///") ? fileURLToPath(url) : undefined;
  }

  /** The number of resources in the stack's state; undefined where there is no such stack. */
  async resources(): Promise<number | undefined> {
    const folder = this.stateFolder;
    const counted = folder === undefined ? undefined : await countResources(folder, this.name);
    if (counted !== undefined) return counted;
    const stacks = listed.parse(JSON.parse(await this.#output("stack", "ls", "--json")));
    const own = stacks.find(({ name }) => name === this.name || name.endsWith(`/${this.name}`));
    return own === undefined ? undefined : (own.resourceCount ?? 0);
  }

  async create(): Promise<void> {
    await this.#output("stack", "init", this.name);
  }

  /** Runs one command for this stack; what it prints is the user's unless it is asked for. */
  async run(args: readonly string[], options: { readonly capture?: boolean } = {}): Promise<PulumiResult> {
    const file = this.#options.settingsFile;
    const settings = file === undefined || WITHOUT_SETTINGS.has(args[0] ?? "") ? [] : ["--config-file", file];
    return await this.#pulumi([...args, "--stack", this.name, ...settings], options);
  }

  /** The stack's state, secrets encrypted. */
  async export(): Promise<unknown> {
    return JSON.parse(await this.#output("stack", "export", "--stack", this.name));
  }

  /** The values of the stack's config by key, `project:name`, as Pulumi takes them; undefined for a secret. */
  async config(): Promise<ReadonlyMap<string, string | undefined>> {
    const { exitCode, stdout, stderr } = await this.run(["config", "--json"], { capture: true });
    if (exitCode !== 0) throw this.#failure("config", stderr);
    const entries = Object.entries(configured.parse(JSON.parse(stdout)));
    return new Map(entries.map(([key, { value }]) => [key, value]));
  }

  /** The stack's outputs, secrets included. */
  async outputs(): Promise<unknown> {
    return JSON.parse(
      await this.#output("stack", "output", "--json", "--show-secrets", "--stack", this.name),
    );
  }

  /** How many resources the last update changed. */
  async lastChanges(): Promise<number> {
    return (await this.lastUpdate())?.changes ?? 0;
  }

  /** The last update that came to its end, if there was one; one that was killed leaves nothing. */
  async lastUpdate(): Promise<Update | undefined> {
    const folder = this.stateFolder;
    const read = folder === undefined ? undefined : await readLastUpdate(folder, this.name);
    if (read !== undefined) return read;
    const args = ["stack", "history", "--json", "--page-size", "1", "--stack", this.name];
    const [last] = history.parse(JSON.parse(await this.#output(...args)));
    if (last === undefined) return undefined;
    return { began: last.startTime, changes: changesIn(last.resourceChanges ?? {}) };
  }

  /** Runs any command of the CLI in the project. */
  async pulumi(args: readonly string[]): Promise<number> {
    return (await this.#pulumi(args, { stacks: "any" })).exitCode;
  }

  async #output(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#pulumi(args, { capture: true });
    if (exitCode === 0) return stdout;
    throw this.#failure(args.slice(0, 2).join(" "), stderr);
  }

  #failure(command: string, stderr: string): UserError {
    const reason = stderr.trim().replace(/^error: /, "");
    return new UserError(`pulumi ${command} for stack ${this.name} failed: ${reason}`);
  }

  async #pulumi(
    args: readonly string[],
    { capture = false, stacks = "own" }: { readonly capture?: boolean; readonly stacks?: "own" | "any" },
  ): Promise<PulumiResult> {
    const call = async () => {
      // One signal has an update cancelled in good order, and a second, such as execa's own, has it broken off.
      const stdio: Options = capture ? { stdin: "ignore" } : { stdio: "inherit" };
      const { cli, environment } = this.#options;
      // Without a terminal whoever ends us, such as `timeout`, signals the whole group.
      const alone: Options = { cleanup: false, detached: !hasTerminal() };
      const options = { cwd: projectFolder, env: environment, reject: false, ...alone, ...stdio };
      const child = execa(cli, args, options);
      // One that never started has no end to wait for.
      const { received } = child.pid === undefined ? {} : await finish(child);
      const result = await child;
      // A CLI that was killed or never started has failed, whatever it printed.
      const exitCode = result.exitCode ?? 1;
      return { exitCode, stdout: text(result.stdout), stderr: text(result.stderr), received };
    };
    const own = stacks === "own" ? this.name : undefined;
    const { received, ...result } = await (this.#options.keepSettings
      ? keepSettings(projectFolder, call, own)
      : call());
    // What was asked for in between is over; a signal is for the command as a whole, once the settings are as they were.
    if (capture && received !== undefined) await endLike({ signal: received });
    return result;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
