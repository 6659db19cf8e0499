import type { ListenerName } from "../../mosquitto/listener.ts";
import type { ClientOptions, Endpoint, Will } from "../client-options.ts";
import { Unproved } from "../expectation.ts";
import type { ProtocolVersion } from "../reason-codes.ts";
import { scratchName } from "../scratch-name.ts";
import type { LeanClient } from "./lean-client.ts";
import { logIn } from "./log-in.ts";
import type { IncomingMessage, OutgoingMessage, Subscription } from "./packets.ts";
import type { PolicyUser } from "./policy.ts";
import { LeftOut } from "./tally.ts";

/** How to come to a listener as a user. */
export interface Entrance {
  readonly endpoint: Endpoint;
  readonly credential: Pick<ClientOptions, "username" | "password">;
  /** Seconds. */
  readonly keepalive: number;
  /** Messages that a client may have on their way, if the broker sets no lower limit. */
  readonly window: number;
  /** Filters of one packet: where the queue is small, Mosquitto drops retained messages that do not fit. */
  readonly filtersAtATime: number;
}

/** By which of its subscriptions a client gets a message. */
const SUBSCRIPTIONS = Object.freeze({ plain: 1, shared: 2 });

export type SubscriptionKind = keyof typeof SUBSCRIPTIONS;

/** What a message is for: to show that it may be written or read, or a will. */
export type PayloadKind = "written" | "live" | "will";

/** What a connection may have received. */
export interface Reception {
  readonly topic: string;
  readonly from: Connection;
  readonly kind: PayloadKind;
  /** @default plain */
  readonly by?: SubscriptionKind;
}

/** Bytes of the filters of one packet; a stack may limit packets to 1,024 bytes. */
const FILTER_BYTES = 800;

const NOT_TRIED = new Unproved("a connection", "none was tried");

/** One connection of a user to one listener. */
export class Connection {
  readonly user: PolicyUser;
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  readonly clientId = scratchName();
  /** The filters that it is to subscribe to, as a subscriber of what others write and as a reader. */
  readonly writeFilters = new Set<string>();
  readonly readFilters = new Set<string>();
  readonly sharedFilters = new Set<string>();
  #client: LeanClient | undefined;
  #fault: Unproved | LeftOut | undefined = NOT_TRIED;
  #filtersAtATime = 1;
  /** By which subscriptions each message came, a bit for each. */
  readonly #received = new Map<string, number>();
  readonly #topics = new Set<string>();

  constructor(user: PolicyUser, listener: ListenerName, version: ProtocolVersion) {
    this.user = user;
    this.listener = listener;
    this.version = version;
  }

  /** Logs in. What went wrong is said by {@link demandSound}. */
  async open(entrance: Entrance, will?: Will): Promise<void> {
    const { endpoint, window } = entrance;
    this.#filtersAtATime = entrance.filtersAtATime;
    this.#fault = undefined;
    await this.attempt(async () => {
      const client = await logIn(endpoint, this.#options(entrance, will), (message) =>
        this.#receive(message),
      );
      client.window = Math.min(client.window, window);
      this.#client = client;
    });
  }

  /** @throws Unproved or LeftOut with what went wrong, if it was never connected, or something did not work */
  demandSound(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Does without the connection, for a reason that is told in the place of what it would have shown. */
  leaveOut(reason: string): void {
    this.#fault = new LeftOut(reason);
  }

  get isLeftOut(): boolean {
    return this.#fault instanceof LeftOut;
  }

  /** Does something with the client, if it is there; a failure is the connection's end, and is remembered. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fault = error instanceof Unproved ? error : new Unproved("an answer", String(error));
      await this.close();
    }
  }

  /** Publishes, and gives the reason codes; none where the connection is no more. */
  async publish(messages: readonly OutgoingMessage[]): Promise<readonly number[]> {
    let codes: readonly number[] = [];
    const client = this.#client;
    if (client !== undefined && messages.length > 0) {
      await this.attempt(async () => {
        codes = await client.publish(messages);
      });
    }
    return codes;
  }

  /** Publishes with QoS 0. */
  send(messages: readonly OutgoingMessage[]): void {
    this.#client?.send(messages);
  }

  /** Subscribes to the topics on which others write. */
  async subscribe(): Promise<void> {
    await this.#subscribe(this.#subscriptions([...this.writeFilters], "plain"));
  }

  /** Subscribes to the topics on which it is tried as a reader, each by itself and by a shared subscription. */
  async subscribeToRead(): Promise<void> {
    // Each client has a group of its own, so that nobody takes another's messages.
    const shared = [...this.sharedFilters].map((topic) => `$share/${this.clientId}/${topic}`);
    await this.#subscribe([
      ...this.#subscriptions([...this.readFilters], "plain"),
      ...this.#subscriptions(shared, "shared"),
    ]);
  }

  /** Waits for the broker's answer to a ping: what it had for this client before has come by then. */
  async listen(): Promise<void> {
    const client = this.#client;
    if (client !== undefined) await this.attempt(() => client.ping());
  }

  /** The payload by which a message is told from others on its topic. */
  payload(kind: PayloadKind | "retained"): string {
    return `${kind} ${this.clientId}`;
  }

  /** Whether a message of another connection came. */
  hasReceived({ topic, from, kind, by = "plain" }: Reception): boolean {
    return this.#came(`${from.payload(kind)} ${topic}`, by);
  }

  /** Whether a message came on a topic when it was subscribed to. */
  hasReceivedRetained(topic: string): boolean {
    return this.#came(`retained ${topic}`, "plain");
  }

  /** Whether anything at all came on a topic. */
  hasReceivedAnything(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Leaves when all has come that the broker had for it; or so that its will is sent. */
  async leave(how: "with its will" | "without"): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    await this.attempt(() => client.leave(how));
    this.#client = undefined;
    client.drop();
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  #options({ credential, keepalive }: Entrance, will: Will | undefined): ClientOptions {
    const { version, clientId } = this;
    return { version, clientId, keepalive, will, ...credential };
  }

  #came(key: string, by: SubscriptionKind): boolean {
    return ((this.#received.get(key) ?? 0) & SUBSCRIPTIONS[by]) !== 0;
  }

  #receive({ topic, payload, retained, subscription }: IncomingMessage): void {
    const key = `${retained ? "retained" : payload} ${topic}`;
    const before = this.#received.get(key) ?? 0;
    // MQTT 3.1.1 does not say by which subscription a message comes: one copy is for one, a second for the other.
    const bit =
      this.version === 4 ? (before === 0 ? SUBSCRIPTIONS.plain : SUBSCRIPTIONS.shared) : subscription;
    this.#received.set(key, before | (bit ?? 0));
    this.#topics.add(topic);
  }

  #subscriptions(filters: readonly string[], kind: SubscriptionKind): Subscription[] {
    const identifier = SUBSCRIPTIONS[kind];
    return inPackets(filters, this.#filtersAtATime).map((some) => ({ filters: some, identifier }));
  }

  /** In one write; where the queue is small, one packet after the other. */
  async #subscribe(subscriptions: readonly Subscription[]): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    await this.attempt(async () => {
      if (this.#filtersAtATime > 1) await client.subscribe(subscriptions);
      else for (const subscription of subscriptions) await client.subscribe([subscription]);
    });
  }
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
