import { type IConnackPacket, type Packet, parser as parserOf } from "mqtt-packet";
import type { ClientOptions, Endpoint } from "../client-options.ts";
import { readable, tooLate, Unproved } from "../expectation.ts";
import type { ProtocolVersion } from "../reason-codes.ts";
import {
  connectPacket,
  DISCONNECT,
  LEAVE_WITH_WILL,
  type OutgoingMessage,
  PINGREQ,
  publishPacket,
  type Receiver,
  type Subscription,
  subscribePacket,
} from "./packets.ts";
import { openTransport, type Transport } from "./transport.ts";

/** Milliseconds that any one answer may take while hundreds of connections are asked at a time. */
const DEADLINE = 20_000;

/** Messages on their way to the broker at a time, where it does not set a lower limit. */
const MOST_IN_FLIGHT = 100;

interface ClientParts {
  readonly receive: Receiver;
  /** Called when the connection is no more. */
  readonly ended: () => void;
}

/**
 * One connection of a proof that has tens of thousands: bytes in and out, and as many packets in one write as the
 * broker takes. mqtt.js takes several milliseconds for a connection, this a fraction of one.
 */
export class LeanClient {
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** The code of the CONNACK. */
  readonly greeting: Promise<number>;
  /** QoS 1 and 2 messages that may be on their way to the broker at a time. */
  window = MOST_IN_FLIGHT;
  readonly #transport: Transport;
  readonly #receive: Receiver;
  /** What ends each wait for an answer. */
  readonly #pending = new Set<(error: Error) => void>();
  readonly #pings: (() => void)[] = [];
  readonly #answers = new Map<number, (code: number) => void>();
  readonly #closed: Promise<void>;
  #greeted: (code: number) => void = () => {};
  #isClosed = false;
  #packetId = 0;

  constructor(endpoint: Endpoint, options: ClientOptions, { receive, ended }: ClientParts) {
    const { version, clientId } = options;
    this.version = version;
    this.clientId = clientId;
    this.#receive = receive;
    const parser = parserOf({ protocolVersion: version });
    parser.on("packet", (packet: Packet) => this.#take(packet));
    parser.on("error", (error: Error) => this.#fail(error));
    this.greeting = this.#answer("a CONNACK", (resolve) => {
      this.#greeted = resolve;
    });
    let closed = () => {};
    this.#closed = new Promise((resolve) => {
      closed = resolve;
    });
    this.#transport = openTransport(endpoint, options.username, {
      opened: () => this.#transport.write(connectPacket(options)),
      received: (bytes) => void parser.parse(bytes),
      closed: (error) => {
        this.#isClosed = true;
        ended();
        closed();
        this.#fail(error === undefined ? new Error("the broker closed the connection") : readable(error));
      },
    });
  }

  /**
   * Publishes with QoS 1, many messages in one write.
   *
   * @returns the reason codes, in the order of the messages; MQTT 3.1.1 has none but 0
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<number[]> {
    const codes: number[] = [];
    for (let from = 0; from < messages.length; from += this.window) {
      const some = messages.slice(from, from + this.window);
      codes.push(...(await this.#publish(some, 1)));
    }
    return codes;
  }

  /** Publishes without waiting for an answer, which QoS 0 has none of. */
  send(messages: readonly OutgoingMessage[]): void {
    if (messages.length === 0) return;
    this.#write(messages.map((message) => publishPacket(this.version, message, 0, 0)));
  }

  /**
   * Publishes empty messages with QoS 2 that are not released, at most as many as {@link window} over a
   * connection's life.
   *
   * @returns the reason codes of their PUBRECs, in the order of the topics
   */
  async holdBack(topics: readonly string[]): Promise<number[]> {
    return await this.#publish(
      topics.map((topic) => ({ topic, payload: "" })),
      2,
    );
  }

  /** Subscribes with QoS 0, which no limit of messages in flight can hold back, in one write. */
  async subscribe(subscriptions: readonly Subscription[]): Promise<void> {
    if (subscriptions.length === 0) return;
    const ids = subscriptions.map(() => this.#nextId());
    const acknowledged = this.#codes("a SUBACK", ids);
    this.#write(
      subscriptions.map((subscription, index) =>
        subscribePacket(this.version, subscription, ids[index] as number),
      ),
    );
    await acknowledged;
  }

  /** Asks for a sign of life: what the broker had for this client before has come once it is here. */
  ping(): Promise<void> {
    const pong = this.#pong();
    this.#write([PINGREQ]);
    return pong;
  }

  /**
   * Leaves, with a will so that the broker sends it, which it has done once it ends the connection. All that it had
   * for this client before has come by then: it answers a ping first.
   */
  async leave(how: "with its will" | "without"): Promise<void> {
    const pong = this.#pong();
    this.#write([PINGREQ, how === "without" ? DISCONNECT : LEAVE_WITH_WILL[this.version]]);
    await pong;
    await this.#end("the broker to end a connection whose client has left");
  }

  /** Says goodbye, and waits for the broker to end the connection. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#write([DISCONNECT]);
    await this.#end("the connection to close").catch(() => this.drop());
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#transport.destroy();
  }

  async #end(what: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLate(what, DEADLINE)), DEADLINE);
    });
    await Promise.race([this.#closed, late]).finally(() => clearTimeout(timer));
  }

  #pong(): Promise<void> {
    return this.#answer("a PINGRESP", (resolve) => void this.#pings.push(resolve));
  }

  async #publish(messages: readonly OutgoingMessage[], qos: 1 | 2): Promise<number[]> {
    const ids = messages.map(() => this.#nextId());
    const codes = this.#codes(`an answer to the publish to ${messages[0]?.topic}`, ids);
    this.#write(
      messages.map((message, index) => publishPacket(this.version, message, qos, ids[index] as number)),
    );
    return await codes;
  }

  /** The codes of the answers to packets, in their order. */
  #codes(what: string, ids: readonly number[]): Promise<number[]> {
    return this.#answer(what, (resolve) => {
      const codes: number[] = [];
      let left = ids.length;
      for (const [index, id] of ids.entries()) {
        this.#answers.set(id, (code) => {
          codes[index] = code;
          left -= 1;
          if (left === 0) resolve(codes);
        });
      }
      if (left === 0) resolve(codes);
    });
  }

  #nextId(): number {
    this.#packetId = (this.#packetId % 0xffff) + 1;
    return this.#packetId;
  }

  #write(packets: readonly Buffer[]): void {
    if (this.#isClosed) return;
    this.#transport.write(packets.length === 1 ? (packets[0] as Buffer) : Buffer.concat(packets));
  }

  #take(packet: Packet): void {
    if (packet.cmd === "publish") {
      const identifier: number | number[] | undefined = packet.properties?.subscriptionIdentifier;
      const subscription = Array.isArray(identifier) ? identifier[0] : identifier;
      const { topic, retain: retained } = packet;
      this.#receive({ topic, payload: packet.payload.toString(), retained, subscription });
    } else if (packet.cmd === "puback" || packet.cmd === "pubrec") {
      this.#settle(packet.messageId, packet.reasonCode ?? 0);
    } else if (packet.cmd === "suback") this.#settle(packet.messageId, 0);
    else if (packet.cmd === "pingresp") this.#pings.shift()?.();
    else if (packet.cmd === "connack") this.#greet(packet);
  }

  #greet({ reasonCode, returnCode, properties }: IConnackPacket): void {
    this.window = Math.min(properties?.receiveMaximum ?? MOST_IN_FLIGHT, MOST_IN_FLIGHT);
    this.#greeted((this.version === 5 ? reasonCode : returnCode) ?? -1);
  }

  #settle(id: number | undefined, code: number): void {
    if (id === undefined) return;
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    answer?.(code);
  }

  #answer<Result>(what: string, ask: (resolve: (result: Result) => void) => void): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new Unproved(what, "the connection was closed before"));
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#pending.delete(fail);
      };
      const fail = (error: Error) => {
        done();
        reject(error instanceof Unproved ? error : new Unproved(what, error.message));
      };
      const timer = setTimeout(() => fail(tooLate(what, DEADLINE)), DEADLINE);
      this.#pending.add(fail);
      ask((result) => {
        done();
        resolve(result);
      });
    });
  }

  #fail(error: Error): void {
    for (const fail of [...this.#pending]) fail(error);
  }
}
