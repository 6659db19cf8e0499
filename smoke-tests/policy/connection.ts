import type { ListenerName } from "../../mosquitto/listener.ts";
import { type Client, connect } from "../client.ts";
import type { ClientOptions, Endpoint } from "../client-options.ts";
import { Unproved } from "../expectation.ts";
import { eachAtATime } from "./at-a-time.ts";
import type { PolicyUser } from "./policy.ts";
import { CLIENT, SCRATCH } from "./probe.ts";

/** How to come to a listener as a user. */
export interface Entrance {
  readonly endpoint: Endpoint;
  readonly credential: Pick<ClientOptions, "username" | "password">;
  /** Bytes that may wait for one client. */
  readonly queuedBytes: number;
}

/** By which of its subscriptions a client gets a message. */
const SUBSCRIPTIONS = Object.freeze({ plain: 1, shared: 2 });

/** What a message has to be told from: said before or after a client subscribed, or by a will. */
export type PayloadKind = "retained" | "live" | "will";

/** What a connection may have hasReceived. */
export interface Reception {
  readonly topic: string;
  readonly from: Connection;
  readonly kind: PayloadKind;
  /** @default plain */
  readonly by?: keyof typeof SUBSCRIPTIONS;
}

/** Bytes of the filters of one packet; a stack may limit packets to 1,024 bytes. */
const FILTER_BYTES = 800;

/**
 * Bytes of queue for which a packet may have several filters: of the messages that are retained on the topics of
 * one packet, Mosquitto drops what is more.
 */
const AMPLE_QUEUE = 1_048_576;

/** Messages on their way at a time, where the broker does not set a lower limit. */
const WINDOW = 20;

/** One connection of a user to one listener, with MQTT 5 and with topics that are nobody else's. */
export class Connection {
  readonly user: PolicyUser;
  readonly listener: ListenerName;
  readonly clientId: string;
  readonly scratch: string;
  /** The filters that it is to subscribe to. */
  readonly filters = new Set<string>();
  readonly sharedFilters = new Set<string>();
  #client: Client | undefined;
  #fault = new Unproved("a connection", "none was tried");
  #hasReceived = new Set<string>();
  #counted = 0;
  #filtersAtATime = 1;

  constructor(user: PolicyUser, listener: ListenerName, names: { clientId: string; scratch: string }) {
    this.user = user;
    this.listener = listener;
    this.clientId = names.clientId;
    this.scratch = names.scratch;
  }

  /** A planned topic, with this connection's names in it. */
  topic(planned: string): string {
    const names: Readonly<Record<string, string>> = { [SCRATCH]: this.scratch, [CLIENT]: this.clientId };
    return planned
      .split("/")
      .map((level) => names[level] ?? level)
      .join("/");
  }

  /** Logs in. What went wrong is said by {@link client}. */
  async open(
    { endpoint, credential, queuedBytes }: Entrance,
    options: Partial<ClientOptions> = {},
  ): Promise<void> {
    this.#filtersAtATime = queuedBytes < AMPLE_QUEUE ? 1 : Number.POSITIVE_INFINITY;
    await this.attempt(async () => {
      const { clientId } = this;
      this.#client = await connect(endpoint, { version: 5, clientId, ...credential, ...options });
    });
  }

  /** @throws Unproved with what went wrong, if the connection is not connected, or lost its connection */
  get client(): Client {
    if (this.#client === undefined) throw this.#fault;
    return this.#client;
  }

  get isOpen(): boolean {
    return this.#client !== undefined;
  }

  /** Messages that may be on their way to the broker at a time. */
  get window(): number {
    return Math.min(this.client.connack.properties?.receiveMaximum ?? WINDOW, WINDOW);
  }

  /** Does something with the client; a failure is the connection's end, and is remembered. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fault = error instanceof Unproved ? error : new Unproved("an answer", String(error));
      await this.close();
    }
  }

  /** Subscribes with QoS 0, which no limit of messages in flight can hold back. */
  async subscribe(): Promise<void> {
    await this.attempt(async () => {
      const shared = [...this.sharedFilters].map((topic) => `$share/${this.scratch}/${topic}`);
      for (const [filters, identifier] of [
        [[...this.filters], SUBSCRIPTIONS.plain],
        [shared, SUBSCRIPTIONS.shared],
      ] as const) {
        const packets = inPackets(filters, this.#filtersAtATime);
        await eachAtATime(packets, this.window, (packet) => this.client.subscribe(packet, 0, identifier));
      }
      await this.client.ping();
    });
  }

  /** Waits for the broker's answer to a ping: what it had for this client before has come by then. */
  async listen(): Promise<void> {
    await this.attempt(() => this.client.ping());
  }

  /** The payload by which a message is told from others on its topic. */
  payload(kind: PayloadKind): string {
    return `${kind} ${this.clientId}`;
  }

  /** Whether a message of another connection came, up to now. */
  hasReceived({ topic, from, kind, by = "plain" }: Reception): boolean {
    const { received } = this.client;
    for (; this.#counted < received.length; this.#counted += 1) {
      const message = received[this.#counted];
      if (message === undefined) continue;
      this.#hasReceived.add(keyOf(message.topic, `${message.payload}`, message.subscription));
      this.#hasReceived.add(message.topic);
    }
    return this.#hasReceived.has(keyOf(topic, from.payload(kind), SUBSCRIPTIONS[by]));
  }

  /** Whether anything at all came on a topic. */
  receivedAnything(topic: string): boolean {
    this.hasReceived({ topic, from: this, kind: "live" });
    return this.#hasReceived.has(topic);
  }

  /** Whether what was retained on a topic came anew, when it had been cleared. */
  forget(): void {
    this.#counted = this.client.received.length;
    this.#hasReceived = new Set();
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }
}

function keyOf(topic: string, payload: string, subscription: number | undefined): string {
  return `${subscription} ${payload} ${topic}`;
}

/**
 * The filters of each SUBSCRIBE packet.
 *
 * @param most filters in one packet
 */
export function inPackets(filters: readonly string[], most: number): string[][] {
  const packets: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const filter of filters) {
    const size = Buffer.byteLength(filter) + 3;
    if (bytes + size > FILTER_BYTES || packets.at(-1)?.length === most) {
      packets.push([]);
      bytes = 0;
    }
    packets.at(-1)?.push(filter);
    bytes += size;
  }
  return packets;
}
