import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { engineNames } from "../infra/names.ts";
import { publishMount } from "../mosquitto/delivery.ts";
import { revisionFileNames } from "../mosquitto/layout.ts";
import { projectName } from "../toolchain/project.ts";

/** The files of a revision, by what they are. */
export type BrokerFiles = Readonly<Record<keyof typeof revisionFileNames, string>>;

/** How long a broker may take to come up, or to see a signal, in milliseconds. */
const DEADLINE = 20_000;

/** A stack's running broker whose files are changed behind its back, and put right again. */
export class Tampering {
  /** The files as the stack has delivered them. */
  readonly files: BrokerFiles;
  readonly #broker: string;
  readonly #hand: string;

  private constructor(files: BrokerFiles, broker: string, hand: string) {
    this.files = files;
    this.#broker = broker;
    this.#hand = hand;
  }

  /** @param image any that has a shell, such as the broker's own */
  static async begin(stack: string, image: string): Promise<Tampering> {
    const { broker, prefix, revisions } = engineNames(projectName, stack);
    const hand = `${prefix}-hand`;
    const options = ["--name", hand, "--network", "none", "--volume", `${revisions}:${publishMount}`];
    const idle = ["--entrypoint", "/bin/sh", image, "-c", "tail -f /dev/null"];
    await execa("docker", ["run", "--detach", ...options, ...idle]);
    const entries = Object.entries(revisionFileNames).map(async ([what, name]) => {
      const { stdout } = await execa("docker", ["exec", hand, "cat", pathOf(name)], {
        stripFinalNewline: false,
      });
      return [what, stdout];
    });
    return new Tampering(Object.fromEntries(await Promise.all(entries)), broker, hand);
  }

  /** Puts other files in the place of some, and has the broker take them over; mosquitto.conf takes a restart. */
  async put(files: Partial<BrokerFiles>): Promise<void> {
    for (const [what, content] of Object.entries(files)) {
      const name = revisionFileNames[what as keyof BrokerFiles];
      const command = ["exec", "--interactive", this.#hand, "/bin/sh", "-c", `cat >${pathOf(name)}`];
      await execa("docker", command, { input: content });
    }
    if (files.configuration === undefined) await this.#seen("Reloading config", ["kill", "--signal", "HUP"]);
    else await this.#seen(/mosquitto version \S+ running/, ["restart"]);
  }

  /** Puts right what {@link put} has changed. */
  async restore(changed: Partial<BrokerFiles>): Promise<void> {
    const originals = Object.keys(changed).map((what) => [what, this.files[what as keyof BrokerFiles]]);
    await this.put(Object.fromEntries(originals));
  }

  async end(): Promise<void> {
    await execa("docker", ["rm", "--force", this.#hand]);
  }

  /** Tells the container something, and waits until the broker's log says once more that it has been heard. */
  async #seen(sign: string | RegExp, command: readonly string[]): Promise<void> {
    const before = await this.#count(sign);
    await execa("docker", [...command, this.#broker]);
    const deadline = Date.now() + DEADLINE;
    while ((await this.#count(sign)) === before) {
      if (Date.now() > deadline) throw new Error(`the broker's log does not say ${sign}`);
      await sleep(100);
    }
  }

  async #count(sign: string | RegExp): Promise<number> {
    const { all } = await execa("docker", ["logs", this.#broker], { all: true });
    return all.split(sign).length - 1;
  }
}

function pathOf(name: string): string {
  return `${publishMount}/current/${name}`;
}
