import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import type { StackOutputs } from "../../infra/contract.ts";
import { listenerIn } from "../../mosquitto/listener.ts";

/** What is published. */
export interface Plan {
  readonly topic: string;
  readonly count: number;
  /** Whether each message has an id that stays when it is sent again. */
  readonly ids: boolean;
  /** Messages a second; as fast as it goes without. */
  readonly rate?: number;
}

/** Messages on their way to a broker at a time, below what it takes. */
const LANES = 20;

/** Publishes numbered messages at QoS 1, and sends each again until the broker has acknowledged it. */
export class Publisher {
  readonly #client: MqttClient;
  #hurry = false;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  static async connect(outputs: StackOutputs, user: string): Promise<Publisher> {
    const { host, port } = listenerIn(outputs.listeners, "mqtt");
    const credential = outputs.credentials[user];
    const client = mqtt.connect({ host, port, protocolVersion: 5, reconnectPeriod: 250, ...credential });
    await new Promise<void>((resolve, reject) =>
      client.once("connect", () => resolve()).once("error", reject),
    );
    // A broker that is away is what the tests are about: mqtt.js goes on trying.
    client.on("error", () => undefined);
    return new Publisher(client);
  }

  /** Publishes as planned; the payload is the message's number. */
  async publish({ topic, count, ids, rate }: Plan): Promise<void> {
    let next = 0;
    const lane = async () => {
      while (next < count) {
        const number = next;
        next += 1;
        const properties = ids
          ? { properties: { userProperties: { "message-id": `${topic}-${number}` } } }
          : {};
        await this.#client.publishAsync(topic, String(number), { qos: 1, ...properties });
        if (rate !== undefined && !this.#hurry) await sleep((1_000 / rate) * LANES);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /** Publishes the rest as fast as it goes. */
  hurry(): void {
    this.#hurry = true;
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
