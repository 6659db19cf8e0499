import { execa } from "execa";
import { publishMount, publishScript } from "../mosquitto/delivery.ts";
import { layout } from "../mosquitto/layout.ts";
import { demandWhole } from "./broker-state.ts";

/** What a volume can run out of: room for files' contents, or for files. */
export type Shortage = "pages" | "inodes";

export interface FullVolumeOptions {
  /** The container's and the volume's name, each with an end of its own. */
  readonly prefix: string;
  readonly image: string;
  /** The volume of a stack that has kept two revisions. */
  readonly revisions: string;
  /** The capabilities of a stack's publish container. */
  readonly capabilities: readonly string[];
}

/** A volume in memory, small enough to be filled to the last page. */
const SIZE = Object.freeze({ kilobytes: 256, inodes: 150 });

const SOURCE = "/source";

/**
 * A volume that can be filled up, with a good revision in force, which the publish container's own script is
 * run on.
 */
export class FullVolume {
  readonly #options: FullVolumeOptions;
  readonly #holder: string;
  readonly #volume: string;

  private constructor(options: FullVolumeOptions) {
    this.#options = options;
    this.#holder = `${options.prefix}-full-holder`;
    this.#volume = `${options.prefix}-full`;
  }

  static async create(options: FullVolumeOptions): Promise<FullVolume> {
    const full = new FullVolume(options);
    const limits = `o=size=${SIZE.kilobytes}k,nr_inodes=${SIZE.inodes},mode=0755`;
    const memory = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", limits];
    await docker("volume", "create", ...memory, full.#volume);
    // A volume in memory lasts as long as a container has it.
    const command = ["-c", "tail -f /dev/null"];
    await docker("run", "--detach", ...full.#container(full.#holder), options.image, ...command);
    return full;
  }

  async remove(): Promise<void> {
    await docker("rm", "--force", this.#holder);
    await docker("volume", "rm", this.#volume);
  }

  /** The folders of the revisions that the stack has kept. */
  async kept(): Promise<readonly string[]> {
    return (await this.#inside(`ls -1d ${SOURCE}/rev-*`)).map((path) => path.replace(`${SOURCE}/`, ""));
  }

  /** Empties the volume and puts one revision in force. */
  async reset(revision: string): Promise<void> {
    const copy = `cp -rp ${SOURCE}/${revision} . && ln -s ${revision} current`;
    await this.#inside(`cd ${publishMount} && rm -rf ..?* .[!.]* * && ${copy}`);
  }

  /** Fills the volume up, until no more than so many pages or files go into it. */
  async fill(what: Shortage, left: number): Promise<void> {
    const file = { pages: "head -c 4096 /dev/zero >filler-$i", inodes: ": >filler-$i" }[what];
    await this.#inside(`cd ${publishMount}; i=0
while (${file}) 2>/dev/null; do i=$((i + 1)); done
rm -f filler-$i
for j in $(seq 0 ${left - 1}); do rm filler-$j; done`);
  }

  /** Makes room again. */
  async clear(): Promise<void> {
    await this.#inside(`rm -f ${publishMount}/filler-*`);
  }

  /** Runs the publish container's script on the files of a revision that the stack has kept. */
  async publish(revision: string): Promise<{ exitCode: number | undefined; output: string }> {
    const packed = `tar -cf - -C ${SOURCE}/${revision} . | busybox gzip -c >${layout.archive}`;
    const uploads = `mkdir -p ${layout.revisions} && ${packed}`;
    const name = `${this.#options.prefix}-full-publish`;
    const command = ["-c", `${uploads}\n${publishScript}`, "publish", revision.split("-")[1] ?? ""];
    const args = ["run", "--rm", ...this.#container(name), this.#options.image, ...command];
    const { exitCode, all } = await execa("docker", args, { reject: false, all: true });
    return { exitCode, output: all };
  }

  /** The revision in force, which is demanded to be whole, and what lies beside the revisions. */
  async state(): Promise<{ inForce: string; others: readonly string[] }> {
    const [inForce = ""] = await this.#inside(`readlink ${publishMount}/current`);
    await demandWhole(this.#holder, publishMount, inForce);
    const names = await this.#inside(`ls -1A ${publishMount}`);
    return { inForce, others: names.filter((name) => !/^(rev-.*|current|filler-\d+)$/.test(name)) };
  }

  #container(name: string): string[] {
    const { revisions, capabilities } = this.#options;
    return [
      ...["--name", name, "--network", "none", "--entrypoint", "/bin/sh"],
      ...["--security-opt", "no-new-privileges:true", "--cap-drop", "ALL"],
      ...capabilities.flatMap((capability) => ["--cap-add", capability]),
      ...["--volume", `${this.#volume}:${publishMount}`, "--volume", `${revisions}:${SOURCE}:ro`],
    ];
  }

  async #inside(script: string): Promise<string[]> {
    const stdout = await docker("exec", this.#holder, "/bin/sh", "-c", script);
    return stdout.split("\n").filter((line) => line !== "");
  }
}

async function docker(...args: string[]): Promise<string> {
  return (await execa("docker", args)).stdout;
}
