import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import type { ConsoleRevision } from "./console.ts";
import { consolePublishMount, consolePublishScript, consoleReloadScript } from "./delivery.ts";
import { consoleCommand, consoleHealthcheck, consoleLayout } from "./layout.ts";

const OWNER = `${consoleLayout.owner}:${consoleLayout.owner}`;
const CONFINED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", `--user=${OWNER}`];

/** A console that is run with docker alone, for tests: the same files, scripts and confinement as a stack's. */
export class ConsoleContainer {
  readonly name = `naboom-mqtt-test-console-${process.pid}-${randomBytes(3).toString("hex")}`;
  readonly #image: string;

  constructor(image: string) {
    this.#image = image;
  }

  /**
   * Puts files in force and starts the server; gives the port of 127.0.0.1 that serves the page.
   *
   * @param wanted the port that it is to be; @default any that is free
   */
  async start(revision: ConsoleRevision, wanted?: number): Promise<number> {
    await execa("docker", ["volume", "create", this.name]);
    await this.publish(revision);
    const health = consoleHealthcheck.join(" ");
    await execa("docker", [
      ...["run", "--detach", "--name", this.name, ...CONFINED, `--tmpfs=${consoleLayout.scratch}`],
      ...["--volume", `${this.name}:${consoleLayout.files}:ro`],
      ...[
        "--publish",
        `127.0.0.1:${wanted ?? ""}:${consoleLayout.port}`,
        "--health-cmd",
        health,
        "--health-interval=1s",
      ],
      ...[this.#image, ...consoleCommand],
    ]);
    await this.#answered(revision);
    const { stdout } = await execa("docker", ["port", this.name, `${consoleLayout.port}`]);
    return Number(stdout.split(":").at(-1));
  }

  /** Runs the publish script on files; its error is the script's own words. */
  async publish(revision: ConsoleRevision): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-console-"));
    const publisher = `${this.name}-publish`;
    try {
      await execa("tar", ["-cf", join(folder, "files.tar"), "-C", await lay(revision, folder), "."]);
      const rights = ["CHOWN", "DAC_OVERRIDE", "FOWNER"].map((name) => `--cap-add=${name}`);
      await execa("docker", [
        ...["create", "--name", publisher, "--network=none", "--cap-drop=ALL", ...rights],
        ...["--security-opt=no-new-privileges", "--volume", `${this.name}:${consolePublishMount}`],
        ...[this.#image, "/bin/sh", "-c", consolePublishScript, "publish", revision.id],
      ]);
      await execa("docker", ["cp", join(folder, "files.tar"), `${publisher}:${consoleLayout.archive}`]);
      await execa("docker", ["start", "--attach", publisher]);
    } finally {
      await rm(folder, { recursive: true });
      await execa("docker", ["rm", "--force", publisher], { reject: false });
    }
  }

  /** Has the running server take over what is in force. */
  async reload(revision: ConsoleRevision): Promise<void> {
    const shared = [`--network=container:${this.name}`, `--pid=container:${this.name}`];
    await execa("docker", [
      ...["run", "--rm", ...shared, ...CONFINED],
      ...[this.#image, "/bin/sh", "-c", consoleReloadScript, "reload", revision.id],
    ]);
  }

  /** The same from inside, where nothing is left to do once the script has ended; then asks so many times for the id. */
  async reloadAndAsk(revision: ConsoleRevision, times: number): Promise<readonly string[]> {
    const asking = Array(times)
      .fill(`${consoleHealthcheck.join(" ")}; echo`)
      .join("\n");
    const script = `(${consoleReloadScript}) >/dev/null || exit 1\n${asking}`;
    return (await this.inside("/bin/sh", "-c", script, "reload", revision.id)).split("\n");
  }

  /** Runs a command in the running container, and gives what it printed. */
  async inside(...command: string[]): Promise<string> {
    const { stdout } = await execa("docker", ["exec", this.name, ...command], { reject: false });
    return stdout;
  }

  /** All that the server has logged. */
  async log(): Promise<string> {
    return (await execa("docker", ["logs", this.name], { all: true })).all;
  }

  /** How the engine's healthcheck finds it. */
  async health(): Promise<string> {
    return (await execa("docker", ["inspect", "--format", "{{.State.Health.Status}}", this.name])).stdout;
  }

  async #answered({ id }: ConsoleRevision): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if ((await this.inside(...consoleHealthcheck)) === id) return;
      await setTimeout(100);
    }
    throw new Error(`${this.name} does not answer: ${await this.log()}`);
  }

  async remove(): Promise<void> {
    await execa("docker", ["rm", "--force", this.name], { reject: false });
    await execa("docker", ["volume", "rm", "--force", this.name], { reject: false });
  }
}

async function lay({ files }: ConsoleRevision, folder: string): Promise<string> {
  const root = join(folder, "files");
  for (const { name, content, permissions } of files) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content, { mode: Number.parseInt(permissions, 8) });
  }
  return root;
}
