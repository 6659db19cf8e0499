import mqtt, { type IClientPublishOptions, type IConnackPacket, type MqttClient, type Packet } from "mqtt";
import { type ClientOptions, connectOptions, type Endpoint } from "./client-options.ts";
import { demand, readable, Unproved, within } from "./expectation.ts";
import { codeName, type ProtocolVersion } from "./reason-codes.ts";

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retained: boolean;
  /** The identifier of the subscription that it came by, if that has one; MQTT 5 only. */
  readonly subscription: number | undefined;
}

/**
 * Connects once, and lets nothing take longer than a deadline.
 *
 * @throws Unproved with the broker's code when it refuses, or with what happened when there was no answer.
 */
export async function connect(endpoint: Endpoint, options: ClientOptions): Promise<Client> {
  const { client, answer } = await greet(endpoint, options);
  if (client !== undefined) return client;
  const who = options.username === undefined ? "an anonymous client" : `user ${options.username}`;
  const expected = `${who} to be let in with ${codeName(options.version, 0)}`;
  throw new Unproved(expected, `CONNACK ${codeName(options.version, answer)}`);
}

/** The code of the CONNACK that the broker answers with; a client that is let in is closed at once. */
export async function connackCode(endpoint: Endpoint, options: ClientOptions): Promise<number> {
  const { client, answer } = await greet(endpoint, options);
  await client?.close();
  return answer;
}

interface Greeting {
  /** Present when the code is 0. */
  readonly client: Client | undefined;
  readonly answer: number;
}

async function greet(endpoint: Endpoint, given: ClientOptions): Promise<Greeting> {
  const lease = await endpoint.accounts?.take(given);
  const options = { ...given, ...lease?.logIn };
  const connection = mqtt.connect({
    ...connectOptions(endpoint, given),
    ...lease?.logIn,
  });
  if (lease !== undefined) connection.once("close", lease.end);
  // Without a listener of its own, an error after the greeting would end the process.
  connection.on("error", () => {});
  const client = new Client(connection, options);
  try {
    const connack = await within<IConnackPacket>("a CONNACK", (resolve, reject) => {
      connection.on("packetreceive", (packet) => packet.cmd === "connack" && resolve(packet));
      connection.on("error", (error) => reject(readable(error)));
      connection.on("close", () => reject(new Error("the connection was closed without one")));
    });
    client.connack = connack;
    const answer = (options.version === 5 ? connack.reasonCode : connack.returnCode) ?? -1;
    if (answer === 0) return { client, answer };
    connection.end(true);
    return { client: undefined, answer };
  } catch (error) {
    connection.end(true);
    throw error;
  }
}

/** A client that was let in. */
export class Client {
  /** What the broker greeted it with. */
  connack: IConnackPacket = { cmd: "connack", sessionPresent: false };
  /** The name that it has logged in with. */
  readonly account: string;
  /** Every message so far, in the order of arrival. */
  readonly received: Message[] = [];
  readonly #connection: MqttClient;
  readonly #version: ProtocolVersion;
  readonly #arrivals = new Set<(message: Message) => void>();

  /** Takes a connection before its greeting, since a message may come in the same breath as that. */
  constructor(connection: MqttClient, { version, username = "" }: ClientOptions) {
    this.#connection = connection;
    this.#version = version;
    this.account = username;
    connection.setMaxListeners(0);
    connection.on("message", (topic, payload, packet) => {
      const identifier = packet.properties?.subscriptionIdentifier;
      const subscription = Array.isArray(identifier) ? identifier[0] : identifier;
      const message = { topic, payload, qos: packet.qos, retained: packet.retain, subscription };
      this.received.push(message);
      for (const arrival of this.#arrivals) arrival(message);
    });
  }

  /** Publishes with QoS 1 unless told otherwise. Gives the reason code of the answer; MQTT 3.1.1 has none but 0. */
  publish(topic: string, payload: string | Buffer, options: IClientPublishOptions = {}): Promise<number> {
    return this.#answer(`an answer to the publish to ${topic}`, (resolve, reject) => {
      this.#connection.publish(topic, payload, { qos: 1, ...options }, (error, packet) => {
        const code = (packet as { reasonCode?: number } | undefined)?.reasonCode;
        if (error && !code) reject(error);
        else resolve(code ?? 0);
      });
    });
  }

  /** Publishes, and demands that the broker takes it. */
  async publishAllowed(topic: string, payload: string | Buffer, options: IClientPublishOptions = {}) {
    const code = await this.publish(topic, payload, options);
    const seen = `PUBACK ${codeName(this.#version, code)}`;
    demand(code < 0x80, `the publish to ${topic} to be taken`, seen);
  }

  /**
   * Subscribes to filters with the QoS given. An ACL file grants every subscription and filters at delivery.
   *
   * @param identifier marks what comes by these subscriptions; MQTT 5 only
   */
  subscribe(filters: readonly string[], qos: 0 | 1 | 2 = 1, identifier?: number): Promise<void> {
    const [first, ...others] = filters;
    const what = others.length > 3 ? `${first} and ${others.length} more` : filters.join(" and ");
    const properties = identifier === undefined ? {} : { properties: { subscriptionIdentifier: identifier } };
    return this.#answer(`a SUBACK for ${what}`, (resolve, reject) => {
      const options = { qos, ...properties };
      this.#connection.subscribe([...filters], options, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The first message on a topic, with a payload if one is given, be it here already or still to come. */
  arrival(topic: string, payload?: string): Promise<Message> {
    const wanted = (message: Message) =>
      message.topic === topic && (payload === undefined || message.payload.toString() === payload);
    const here = this.received.find(wanted);
    if (here !== undefined) return Promise.resolve(here);
    return this.#answer(`a message on ${topic}`, (resolve) => {
      const arrival = (message: Message) => {
        if (!wanted(message)) return;
        this.#arrivals.delete(arrival);
        resolve(message);
      };
      this.#arrivals.add(arrival);
    });
  }

  /** Demands that nothing has come on a topic; of use only after a message that was sent later has come. */
  demandSilence(topic: string): void {
    const seen = this.received.filter((message) => message.topic === topic);
    demand(seen.length === 0, `nothing on ${topic}`, `${seen.length} messages on it`);
  }

  /** Asks for a sign of life: what the broker had for this client before has come once it is here. */
  async ping(): Promise<void> {
    const pong = this.#packet("a PINGRESP", (packet) => packet.cmd === "pingresp");
    this.#connection.sendPing();
    await pong;
  }

  /** Sends bytes as they are. */
  write(bytes: Buffer): void {
    this.#connection.stream.write(bytes);
  }

  /** Calls back with each packet from now on. */
  onPacket(listener: (packet: Packet) => void): void {
    this.#connection.on("packetreceive", listener);
  }

  /** Waits until the broker ends the connection; gives the reason of its DISCONNECT, if it sent one. */
  ended(what: string): Promise<number | undefined> {
    let reason: number | undefined;
    this.onPacket((packet) => {
      if (packet.cmd === "disconnect") reason = packet.reasonCode;
    });
    return within(what, (resolve) => {
      this.#connection.on("close", () => resolve(reason));
      if (!this.#connection.connected) resolve(reason);
    });
  }

  /** Loses the connection without a DISCONNECT, as a broken network would. */
  drop(): void {
    this.#connection.stream.destroy();
  }

  /** Says goodbye; ends the connection anyway when that takes too long. */
  async close(): Promise<void> {
    if (!this.#connection.connected) {
      this.#connection.end(true);
      return;
    }
    await within("the connection to close", (resolve) => {
      this.#connection.end(false, () => resolve(undefined));
    }).catch(() => this.#connection.end(true));
  }

  #packet(what: string, wanted: (packet: Packet) => boolean): Promise<Packet> {
    return this.#answer(what, (resolve) => this.onPacket((packet) => wanted(packet) && resolve(packet)));
  }

  #answer<Result>(
    what: string,
    settle: (resolve: (result: Result) => void, reject: (error: Error) => void) => void,
  ): Promise<Result> {
    return within(what, (resolve, reject) => {
      this.#connection.once("close", () => reject(new Error("the broker closed the connection")));
      settle(resolve, reject);
    });
  }
}
