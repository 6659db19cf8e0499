import { execa } from "execa";
import { listeners } from "../mosquitto/listener.ts";
import { type Claim, claim } from "./claim.ts";

/** How many messages are acknowledged before a fault. */
const COUNT = 500;

const TOPIC = "drill/bystander/kept";

/** Where a broker's container, whose files can't be written, takes the clients' options, the password among them. */
const OPTIONS = "/dev/shm/kept-messages";

const WRITE_OPTIONS = `umask 077; cat >${OPTIONS}`;

/** Names and a password as `mosquitto_sub -o` takes them. */
export interface KeptMessagesAccount {
  readonly username: string;
  readonly password: string;
}

/**
 * Messages that the broker has acknowledged, and that wait for a session whose client is away. The clients run in the
 * broker's own container, as nobody else reaches the network of a private engine.
 */
export class KeptMessages {
  readonly #broker: string;
  readonly #options: string;

  private constructor(broker: string, options: string) {
    this.#broker = broker;
    this.#options = options;
  }

  /** @param account may read and write drill/bystander/# on the listener mqtt */
  static async send(broker: string, { username, password }: KeptMessagesAccount): Promise<KeptMessages> {
    const options = ["--host 127.0.0.1", `--port ${listeners.mqtt.port}`, `--topic ${TOPIC}`, "--qos 1"];
    const text = [...options, `--username ${username}`, `--pw ${password}`, ""].join("\n");
    await inside(broker, WRITE_OPTIONS, text);
    await inside(broker, `mosquitto_sub -o ${OPTIONS} --id kept --disable-clean-session -E`);
    await inside(broker, `mosquitto_pub -o ${OPTIONS} --id keeper -l`, `${numbers().join("\n")}\n`);
    return new KeptMessages(broker, text);
  }

  /** Claims that the session is given every message. */
  async claim(): Promise<Claim> {
    // A container that was started again has nothing of what it had in memory.
    await inside(this.#broker, WRITE_OPTIONS, this.#options);
    const script = `mosquitto_sub -o ${OPTIONS} --id kept --disable-clean-session -C ${COUNT} -W 10`;
    const given = new Set((await inside(this.#broker, script)).split("\n"));
    const missing = numbers().filter((number) => !given.has(number));
    return claim(
      "what it had acknowledged is not lost",
      missing.length === 0,
      `${missing.length} messages are`,
    );
  }
}

function numbers(): string[] {
  return Array.from({ length: COUNT }, (_, number) => `${number}`);
}

async function inside(broker: string, script: string, input = ""): Promise<string> {
  return (await execa("docker", ["exec", "--interactive", broker, "/bin/sh", "-c", script], { input }))
    .stdout;
}
