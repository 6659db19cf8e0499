import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { projectFolder } from "../toolchain/project.ts";
import type { Workbench } from "../toolchain/throwaway-stack.ts";
import { type Measurement, measure } from "./measurement.ts";

/**
 * A Pulumi project with next to nothing in it, which everything else is measured beside: one resource of each
 * plugin, as Pulumi starts no other, with the packages and the language host of this project.
 */
export class EmptyProject {
  readonly #folder: string;
  readonly #workbench: Workbench;

  private constructor(folder: string, workbench: Workbench) {
    this.#folder = folder;
    this.#workbench = workbench;
  }

  static async create(workbench: Workbench): Promise<EmptyProject> {
    const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-bench-"));
    const project = new EmptyProject(folder, workbench);
    const { dependencies } = JSON.parse(await readFile(join(projectFolder, "package.json"), "utf8"));
    const manifest = { name: "empty", type: "module", main: "program.mjs", dependencies };
    const runtime = { name: "nodejs", options: { packagemanager: "npm", typescript: false } };
    await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
    await writeFile(join(folder, "Pulumi.yaml"), stringify({ name: "empty", runtime }));
    await writeFile(join(folder, "program.mjs"), programOf(basename(folder)));
    await project.#pulumi("stack", "init", "dev");
    await project.up();
    return project;
  }

  up(): Promise<Measurement> {
    return this.#pulumi("up", "--yes", "--skip-preview", "--stack", "dev");
  }

  async remove(): Promise<void> {
    await this.#pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev");
    await rm(this.#folder, { recursive: true });
  }

  #pulumi(...args: string[]): Promise<Measurement> {
    const state = { PULUMI_BACKEND_URL: pathToFileURL(this.#folder).href, PULUMI_CONFIG_PASSPHRASE: "empty" };
    const environment = { ...this.#workbench.environment, ...state };
    return measure({ command: [this.#workbench.cli, ...args], folder: this.#folder, environment });
  }
}

function programOf(volume: string): string {
  return `import * as docker from "@pulumi/docker";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
new docker.Volume("volume", { name: ${JSON.stringify(volume)} });
new random.RandomId("id", { byteLength: 8 });
new tls.PrivateKey("key", { algorithm: "ED25519" });
`;
}
