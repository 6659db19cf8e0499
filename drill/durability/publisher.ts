import type { Packet } from "mqtt-packet";
import type { TrialBroker } from "../abuse/trial-broker.ts";
import { PlainClient } from "./plain-client.ts";

/** Messages that are sent before the first of them is acknowledged. */
const WINDOW = 50;

/** Publishes as fast as the broker acknowledges, and remembers what the broker has acknowledged. */
export class Publisher {
  /** The texts of the messages that were acknowledged: PUBACK or PUBCOMP (MQTT 3.1.1, 4.3.2 and 4.3.3). */
  readonly acknowledged = new Set<string>();
  /** The number of the last retained message that was acknowledged. */
  retained = -1;
  readonly #name: string;
  readonly #qos: 1 | 2;
  readonly #open = new Map<number, string>();
  #count = 0;
  #stopped = false;

  private constructor(name: string, qos: 1 | 2) {
    this.#name = name;
    this.#qos = qos;
  }

  /** @param name a part of its topics, and of its messages' texts */
  static async start(broker: TrialBroker, name: string, qos: 1 | 2): Promise<Publisher> {
    const publisher = new Publisher(name, qos);
    const client = await PlainClient.connect(broker, { clientId: name, clean: true }, (packet, from) =>
      publisher.#hear(packet, from),
    );
    publisher.#fill(client);
    return publisher;
  }

  stop(): void {
    this.#stopped = true;
  }

  #hear(packet: Packet, client: PlainClient): void {
    const { messageId = 0 } = packet;
    if (packet.cmd === "pubrec") client.send({ cmd: "pubrel", messageId });
    if (packet.cmd !== "puback" && packet.cmd !== "pubcomp") return;
    const text = this.#open.get(messageId);
    this.#open.delete(messageId);
    if (text?.startsWith("retained ")) this.retained = Math.max(this.retained, Number(text.split(" ")[1]));
    else if (text !== undefined) this.acknowledged.add(text);
    this.#fill(client);
  }

  #fill(client: PlainClient): void {
    while (!this.#stopped && !client.closed && this.#open.size < WINDOW) {
      const number = this.#count++;
      const messageId = (number % 65_535) + 1;
      // Each tenth is a retained message, which takes the place of the one before.
      const retain = number % 10 === 0;
      const text = retain ? `retained ${number} ${this.#name}` : `${this.#name} ${number}`;
      this.#open.set(messageId, text);
      const topic = `bystander/${retain ? "state" : "events"}/${this.#name}`;
      const common = { cmd: "publish", messageId, topic, retain, dup: false } as const;
      client.send({ ...common, qos: this.#qos, payload: text });
    }
  }
}
