import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { projectFolder } from "../toolchain/project.ts";

/** A copy of what starts a command, whose packages are in place already, with a command of a test's. */
export class SmallProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param command the text of commands/main.ts */
  static async create(command: string): Promise<SmallProject> {
    const project = new SmallProject(await mkdtemp(join(tmpdir(), "naboom-mqtt-project-")));
    for (const name of ["commands", "toolchain", "node_modules"]) await mkdir(project.path(name));
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) await project.take(name);
    for (const name of ["start", "bundle", "npm-packages", "own-folder", "child-process"]) {
      await project.take(`toolchain/${name}.mjs`);
    }
    await project.write("commands/main.ts", command);
    for (const name of ["esbuild", "@esbuild"]) {
      await symlink(join(projectFolder, "node_modules", name), project.path("node_modules", name));
    }
    const lock = await readFile(project.path("package-lock.json"));
    await project.write("node_modules/.installed-from", createHash("sha256").update(lock).digest("hex"));
    return project;
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text);
  }

  async read(name: string): Promise<string> {
    return await readFile(this.path(name), "utf8");
  }

  start(
    args: readonly string[] = [],
    { cwd = this.folder, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    const start = this.path("toolchain/start.mjs");
    return execa("node", [start, ...args], { cwd, env, reject: false, stdin: "ignore" });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async take(name: string): Promise<void> {
    await cp(join(projectFolder, name), this.path(name));
  }
}
