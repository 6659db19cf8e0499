import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Kit } from "./kit.ts";

/** A program that a kit is for, as it is called in the kit's folder. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A node_modules to be found beside the snippet. */
  readonly packages?: string;
}

/** How a program ended, and all that it printed. */
export interface End {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A kit's snippet while it runs. */
export class KitProcess {
  readonly #process: ReturnType<typeof start>;
  #stdout = "";
  #stderr = "";

  constructor(folder: string, program: Program) {
    this.#process = start(folder, program);
    this.#process.stdout.on("data", (chunk) => {
      this.#stdout += chunk;
    });
    this.#process.stderr.on("data", (chunk) => {
      this.#stderr += chunk;
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Waits until it has printed a text, on either of its outputs. */
  async printed(text: string): Promise<void> {
    for (let waited = 0; waited < 60_000; waited += 50) {
      if ((this.#stdout + this.#stderr).includes(text)) return;
      if (!this.running) break;
      await sleep(50);
    }
    throw new Error(`nothing with ${JSON.stringify(text)} was printed, but:\n${this.#stdout}${this.#stderr}`);
  }

  /** Waits for its end, and ends it where it goes on for longer than so many milliseconds. */
  async ended(patience = 60_000): Promise<End & { readonly byItself: boolean }> {
    let byItself = true;
    const timer = setTimeout(() => {
      byItself = false;
      this.#process.kill("SIGTERM");
    }, patience);
    const { exitCode } = await this.#process;
    clearTimeout(timer);
    return { exitCode: exitCode ?? -1, stdout: this.#stdout, stderr: this.#stderr, byItself };
  }

  async stop(): Promise<End> {
    return await this.ended(0);
  }
}

/** Writes a kit's files as the command does, without its checks. */
export async function placeKit(folder: string, kit: Kit, program: Program): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const { name, content } of kit.files) await writeFile(join(folder, name), content, { mode: 0o600 });
  await providePackages(folder, program);
}

/** Has a kit's snippet find the packages of its program. */
export async function providePackages(
  folder: string,
  { packages }: Pick<Program, "packages">,
): Promise<void> {
  if (packages !== undefined) await symlink(packages, join(folder, "node_modules"));
}

function start(folder: string, { command, args, environment }: Program) {
  const { PATH = "", HOME = "" } = process.env;
  return execa(command, args, {
    cwd: folder,
    extendEnv: false,
    env: { PATH, HOME, LC_ALL: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1", ...environment },
    stdin: "ignore",
    reject: false,
    buffer: false,
  });
}
