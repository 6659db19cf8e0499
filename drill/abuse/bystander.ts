import { createInterface } from "node:readline";
import { execa } from "execa";
import { bundle } from "../../toolchain/bundle.mjs";
import { projectFolder } from "../../toolchain/project.ts";
import type { Latency } from "./latency.ts";
import type { TrialBroker } from "./trial-broker.ts";

/** What the bystander's process is told on its standard input. */
export interface BystanderOrder {
  readonly port: number;
  readonly authority: string;
  readonly username: string;
  readonly password: string;
}

/** What the bystander has seen. */
export interface BystanderReport {
  /** Messages since its start. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly received: number;
  /** Connections lost since the last report. */
  readonly cutOff: number;
  /** From when a message was due to its arrival, since the last report; none where nothing came. */
  readonly latency: Latency | undefined;
}

/**
 * 100 QoS 1 messages a second from a publisher to a subscriber with a session, and 5 of 200 kB from another publisher,
 * who do nothing wrong.
 */
export class Bystander {
  readonly #process;
  readonly #lines: AsyncIterator<string>;

  private constructor(main: string) {
    this.#process = execa(process.execPath, [main], {
      cwd: projectFolder,
      reject: false,
      buffer: { stdout: false },
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  static async start(broker: TrialBroker): Promise<Bystander> {
    const bystander = new Bystander(await bundle("drill/abuse/bystander-process.ts"));
    const { username, password } = broker.accounts.bystander;
    const order: BystanderOrder = {
      port: broker.port("mqtts"),
      authority: broker.revision.authority,
      username,
      password,
    };
    bystander.#process.stdin.write(`${JSON.stringify(order)}\n`);
    await bystander.#next();
    return bystander;
  }

  /** What it has seen since the last report. */
  async report(): Promise<BystanderReport> {
    this.#process.stdin.write("mark\n");
    return await this.#next();
  }

  /** Stops sending, waits for what is under way, and ends. */
  async finish(): Promise<BystanderReport> {
    this.#process.stdin.end("finish\n");
    const report = await this.#next();
    await this.#process;
    return report;
  }

  async #next(): Promise<BystanderReport> {
    const { done, value } = await this.#lines.next();
    if (!done) return JSON.parse(value);
    const { stderr } = await this.#process;
    throw new Error(`the bystander's process ended: ${stderr}`);
  }
}
