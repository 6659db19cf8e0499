import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import mqtt, { type MqttClient, type Packet } from "mqtt";
import type { ClientIdentity } from "./authorization.ts";

/** How long a single answer may take, in milliseconds; it comes within one or two, or something is broken. */
export const DEADLINE = 20_000;

/**
 * A client of a throwaway broker, which keeps all that it gets.
 *
 * It speaks MQTT 5, whose PUBACK tells a refused message from one that was taken.
 */
export class AuthorizationClient {
  readonly identity: ClientIdentity;
  readonly #connection: MqttClient;
  /** Every payload so far, by topic. */
  readonly #received = new Map<string, Set<string>>();

  private constructor(identity: ClientIdentity, connection: MqttClient) {
    this.identity = identity;
    this.#connection = connection;
    connection.setMaxListeners(0);
    connection.on("message", (topic, payload) => {
      const payloads = this.#received.get(topic) ?? new Set();
      this.#received.set(topic, payloads.add(`${payload}`));
    });
  }

  static async connect(port: number, identity: ClientIdentity): Promise<AuthorizationClient> {
    const connection = mqtt.connect({
      ...{ host: "127.0.0.1", port, protocolVersion: 5, reconnectPeriod: 0, keepalive: 600, ...identity },
    });
    // Small packets one after the other would else wait for TCP's acknowledgements, 40 ms each.
    (connection.stream as Socket).setNoDelay(true);
    const client = new AuthorizationClient(identity, connection);
    await client.#answer("CONNACK", (resolve) => connection.once("connect", () => resolve(undefined)));
    return client;
  }

  /** Connects to a broker that may not listen yet. */
  static async connectOnceUp(port: number, identity: ClientIdentity): Promise<AuthorizationClient> {
    const deadline = Date.now() + DEADLINE;
    for (;;) {
      try {
        return await AuthorizationClient.connect(port, identity);
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await setTimeout(50);
      }
    }
  }

  async subscribe(filters: readonly string[]): Promise<void> {
    if (filters.length === 0) return;
    await this.#answer("SUBACK", (resolve, reject) =>
      this.#connection.subscribe([...filters], { qos: 1 }, (error) =>
        error ? reject(error) : resolve(undefined),
      ),
    );
  }

  /** Publishes on each topic, and gives the reason codes of the answers. */
  async publish(topics: readonly string[], payload: string): Promise<ReadonlyMap<string, number>> {
    const codes = topics.map((topic) =>
      this.#answer<[string, number]>(`PUBACK for ${topic}`, (resolve, reject) =>
        this.#connection.publish(topic, payload, { qos: 1 }, (error, packet) => {
          const code = (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0;
          if (error && code === 0) reject(error);
          else resolve([topic, code]);
        }),
      ),
    );
    return new Map(await Promise.all(codes));
  }

  async ping(): Promise<void> {
    await this.#answer("PINGRESP", (resolve) => {
      const arrival = (packet: Packet) => {
        if (packet.cmd !== "pingresp") return;
        this.#connection.off("packetreceive", arrival);
        resolve(undefined);
      };
      this.#connection.on("packetreceive", arrival);
      this.#connection.sendPing();
    });
  }

  /** Whether a payload has come on a topic, or any at all where none is given. */
  got(topic: string, payload?: string): boolean {
    const payloads = this.#received.get(topic);
    return payload === undefined ? payloads !== undefined : payloads?.has(payload) === true;
  }

  close(): void {
    this.#connection.end(true);
  }

  #answer<Result>(
    what: string,
    settle: (resolve: (result: Result) => void, reject: (error: Error) => void) => void,
  ): Promise<Result> {
    const connection = this.#connection;
    return new Promise<Result>((resolve, reject) => {
      const failed = (error?: Error) => fail(error?.message ?? "the connection was closed");
      const timer = globalThis.setTimeout(() => fail("nothing came"), DEADLINE);
      const settled = () => {
        clearTimeout(timer);
        connection.off("close", failed).off("error", failed);
      };
      const fail = (seen: string) => {
        settled();
        reject(new Error(`${JSON.stringify(this.identity)} waited for a ${what}, but ${seen}`));
      };
      connection.on("close", failed).on("error", failed);
      settle((result) => {
        settled();
        resolve(result);
      }, failed);
    });
  }
}
