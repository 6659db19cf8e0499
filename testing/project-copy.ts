import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFolder } from "../toolchain/project.ts";

const FOLDERS = [
  "bench",
  "clients",
  "commands",
  "drill",
  "infra",
  "mosquitto",
  "smoke-tests",
  "toolchain",
  "web",
];
const FILES = ["package.json", "package-lock.json", "Pulumi.yaml"];

/** A copy of the project without its config files, so that no command acts on a stack of somebody's. */
export class ProjectCopy {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<ProjectCopy> {
    const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-copy-"));
    for (const name of [...FOLDERS, ...FILES]) {
      await cp(join(projectFolder, name), join(folder, name), { recursive: true });
    }
    await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
    return new ProjectCopy(folder);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
