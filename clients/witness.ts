import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import type { StackOutputs } from "../infra/contract.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import type { KitProcess } from "./kit-process.ts";

/** The user witness, who hears all that is said. */
export class Witness {
  readonly #client: MqttClient;
  readonly #messages: { readonly topic: string; readonly text: string }[] = [];

  private constructor(connection: MqttClient) {
    this.#client = connection;
    connection.on("message", (topic, payload) => this.#messages.push({ topic, text: payload.toString() }));
  }

  static async connect({ listeners, credentials }: StackOutputs): Promise<Witness> {
    const { username, password } = credentials.witness ?? {};
    const options = { username, password, clientId: "witness" } as mqtt.IClientOptions;
    const found = new Witness(await mqtt.connectAsync(listenerIn(listeners, "mqtt").url, options));
    await found.#client.subscribeAsync("naboom/#", { qos: 1 });
    return found;
  }

  said(topic: string): readonly string[] {
    return this.#messages.filter((message) => message.topic === topic).map(({ text }) => text);
  }

  heard(topic: string): number {
    return this.said(topic).length;
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.#client.publishAsync(topic, text, { qos: 1 });
  }

  /** Says one thing until a client that may not have subscribed yet has printed it. */
  async reaches(running: KitProcess, topic: string): Promise<void> {
    const text = `to the kit ${this.#messages.length}`;
    for (let attempt = 0; attempt < 240 && !running.stdout.includes(`${topic} ${text}`); attempt += 1) {
      await this.publish(topic, text);
      await sleep(250);
    }
    await running.printed(`${topic} ${text}`);
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
