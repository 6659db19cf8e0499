import { setTimeout as sleep } from "node:timers/promises";
import type { IPublishPacket, Packet } from "mqtt-packet";
import type { TrialBroker } from "../abuse/trial-broker.ts";
import { PlainClient } from "./plain-client.ts";

/** Milliseconds without a message after which a subscriber counts as having everything. */
const SILENCE = 700;

/** A client with a session that outlives connections, and a memory of what it was given that outlives them too. */
export class Subscriber {
  /** How often each message was delivered to the application, by its text. */
  readonly delivered = new Map<string, number>();
  readonly #broker: TrialBroker;
  readonly #clientId: string;
  /** Ids of QoS 2 messages that were delivered and not released yet (MQTT 3.1.1, 4.3.3, method A). */
  readonly #unreleased = new Set<number>();
  #client: PlainClient | undefined;
  #lastHeard = 0;

  constructor(broker: TrialBroker, clientId: string) {
    this.#broker = broker;
    this.#clientId = clientId;
  }

  /** Logs in; gives whether the broker still had the session. */
  async connect(): Promise<boolean> {
    const options = { clientId: this.#clientId, clean: false };
    this.#client = await PlainClient.connect(this.#broker, options, (packet, from) =>
      this.#hear(packet, from),
    );
    this.#lastHeard = Date.now();
    return this.#client.sessionPresent;
  }

  /** Subscribes with QoS 2, and waits until the broker has granted it. */
  async subscribe(topic: string): Promise<void> {
    this.#client?.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 2 }] });
    for (let waited = 0; !this.#granted; waited += 10) {
      if (waited > 10_000) throw new Error(`the broker does not answer the subscription to ${topic}`);
      await sleep(10);
    }
  }

  #granted = false;

  /** Waits until the broker has nothing more for it. */
  async drain(): Promise<void> {
    while (Date.now() - this.#lastHeard < SILENCE) await sleep(20);
  }

  async leave(): Promise<void> {
    await this.#client?.leave();
  }

  drop(): void {
    this.#client?.drop();
  }

  #hear(packet: Packet, client: PlainClient): void {
    this.#lastHeard = Date.now();
    const { messageId = 0 } = packet;
    if (packet.cmd === "suback") this.#granted = true;
    if (packet.cmd === "publish") this.#take(packet, client);
    if (packet.cmd === "pubrel") {
      this.#unreleased.delete(messageId);
      client.send({ cmd: "pubcomp", messageId });
    }
  }

  #take({ qos, messageId = 0, payload }: IPublishPacket, client: PlainClient): void {
    const known = qos === 2 && this.#unreleased.has(messageId);
    if (qos === 2) this.#unreleased.add(messageId);
    if (!known) this.delivered.set(`${payload}`, (this.delivered.get(`${payload}`) ?? 0) + 1);
    if (qos > 0) client.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
  }
}
