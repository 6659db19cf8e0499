import mqtt, { type IConnackPacket, type IPublishPacket, type MqttClient } from "mqtt";
import { isFault, isLasting, isTakeover, reasonOf } from "./reason.ts";
import type { SubscriptionState } from "./subscription.ts";
import { WatchedFilters } from "./watched-filters.ts";

/** How a session stands with its broker. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "connected" }
  /** `retryAt` is of `performance.now()`. */
  | { readonly kind: "away"; readonly why: string; readonly retryAt: number }
  /** The broker let nobody in with these credentials; nothing is tried any more. */
  | { readonly kind: "refused"; readonly why: string }
  /** Another client has this one's id now; nothing is tried any more, as that would end the other in turn. */
  | { readonly kind: "taken over" };

export type QoS = 0 | 1 | 2;

/** What became of a publish. */
export type Outcome =
  /** Sent with QoS 0, which has no answer. */
  | { readonly kind: "sent" }
  | { readonly kind: "acknowledged"; readonly code: number; readonly milliseconds: number }
  | { readonly kind: "denied"; readonly code: number }
  | { readonly kind: "unsent"; readonly why: string }
  /** The connection ended before an answer; the broker may have the message or not. */
  | { readonly kind: "unknown"; readonly why: string };

export interface Publish {
  readonly topic: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

export interface SessionOptions {
  /** The broker's wss URL. */
  readonly url: string;
  readonly account: string;
  /** Kept in this object's memory alone, for reconnecting, until `end`. */
  readonly password: string;
  onState(state: ConnectionState): void;
  onMessage(packet: IPublishPacket): void;
  onSubscription(filter: string, state: SubscriptionState): void;
}

/** Milliseconds. The pause doubles from `first` to `longest`, and is spread so that not all pages come at once. */
const RETRY = Object.freeze({ first: 1_000, longest: 30_000, spread: 0.2 });

/** Seconds. Browsers let the timers of a hidden page run once a minute, which has to do for the pings. */
const KEEPALIVE = 90;

/** One account's connection to the broker, which comes back with its subscriptions whenever the broker does. */
export class BrokerSession {
  readonly #options: SessionOptions;
  /** What the page asks to be known by: another one for each log-in, so that two pages don't end each other's session. */
  readonly clientId = `console-${crypto.randomUUID().slice(0, 13)}`;
  readonly #filters: WatchedFilters;
  #client: MqttClient | undefined;
  #connected = false;
  #failures = 0;
  /** Bytes of the largest packet that the broker takes. */
  #largestPacket = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #password: string;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#filters = new WatchedFilters((filter, state) => options.onSubscription(filter, state));
    this.#password = options.password;
    this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Subscribes now if connected, and after each reconnect. */
  watch(filter: string, qos: QoS): void {
    this.#filters.add(filter, qos);
  }

  unwatch(filter: string): void {
    this.#filters.remove(filter);
  }

  /** Publishes once; what can't be sent now is never sent later. */
  publish({ topic, payload, qos, retain }: Publish): Promise<Outcome> {
    const client = this.#client;
    if (!this.#connected || client === undefined) return unsent("the broker is away");
    const bytes = new TextEncoder().encode(topic + payload).length + PACKET_OVERHEAD;
    if (bytes > this.#largestPacket) {
      return unsent(`the broker takes ${this.#largestPacket.toLocaleString("en")} bytes at most`);
    }
    const started = performance.now();
    return new Promise((resolve) => {
      const lost = () => resolve({ kind: "unknown", why: LOST });
      client.once("close", lost);
      client.publish(topic, payload, { qos, retain }, (error, packet) => {
        client.off("close", lost);
        const code = codeOf(error) ?? (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0;
        if (code >= 0x80) resolve({ kind: "denied", code });
        else if (error) lost();
        else if (qos === 0) resolve({ kind: "sent" });
        else resolve({ kind: "acknowledged", code, milliseconds: performance.now() - started });
      });
    });
  }

  /** Ends a pause before the next attempt. */
  retryNow(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Says goodbye and forgets the password. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#password = "";
    this.#leave(this.#connected);
  }

  #leave(politely: boolean): void {
    const client = this.#client;
    this.#client = undefined;
    this.#connected = false;
    this.#filters.detach();
    client?.end(!politely);
  }

  #connect(): void {
    this.#timer = undefined;
    this.#options.onState({ kind: "connecting" });
    const client = mqtt.connect(this.#options.url, {
      protocolVersion: 5,
      clientId: this.clientId,
      username: this.#options.account,
      password: this.#password,
      clean: true,
      keepalive: KEEPALIVE,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      // The other variants make a worker of generated code, which the page's policy forbids.
      timerVariant: "native",
    });
    this.#client = client;
    this.#follow(client);
  }

  /** Listens to a client for as long as it is the session's. */
  #follow(client: MqttClient): void {
    const current = <Args extends unknown[]>(listener: (...args: Args) => void) => {
      return (...args: Args) => {
        if (client === this.#client) listener(...args);
      };
    };
    let code: number | undefined;
    client.setMaxListeners(0);
    client.on(
      "connect",
      current((connack) => this.#welcome(client, connack)),
    );
    client.on(
      "message",
      current((_topic, _payload, packet: IPublishPacket) => this.#options.onMessage(packet)),
    );
    client.on(
      "disconnect",
      current(({ reasonCode = 0 }) => {
        code = reasonCode;
        if (isTakeover(code)) this.#stop({ kind: "taken over" });
      }),
    );
    client.on(
      "error",
      current((error) => this.#fail(error)),
    );
    client.on(
      "close",
      current(() => this.#close(code)),
    );
  }

  #welcome(client: MqttClient, { properties }: IConnackPacket): void {
    this.#largestPacket = properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    this.#connected = true;
    this.#failures = 0;
    this.#filters.attach(client);
    this.#options.onState({ kind: "connected" });
  }

  /** Takes the end of a connection, and the reason if the broker has given one. */
  #close(code: number | undefined): void {
    // Not before: MQTT.js tells of answers that came with a DISCONNECT after it.
    if (code !== undefined && isFault(code)) this.#filters.refuseFirst(reasonOf(code));
    this.#lose(code === undefined ? "" : reasonOf(code));
  }

  #fail(error: Error): void {
    const code = codeOf(error);
    if (code === undefined) return;
    if (!isLasting(code)) {
      this.#lose(reasonOf(code));
      return;
    }
    this.#stop({ kind: "refused", why: reasonOf(code) });
  }

  /** Leaves for good, and forgets the password. */
  #stop(state: ConnectionState): void {
    this.#leave(false);
    this.#password = "";
    this.#options.onState(state);
  }

  #lose(why: string): void {
    const reached = this.#connected;
    this.#leave(false);
    const pause = Math.min(RETRY.longest, RETRY.first * 2 ** this.#failures);
    const spread = pause * (1 + RETRY.spread * (2 * Math.random() - 1));
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#connect(), spread);
    const reason = why !== "" ? why : reached ? "the connection was lost" : "no answer";
    this.#options.onState({ kind: "away", why: reason, retryAt: performance.now() + spread });
  }
}

const LOST =
  "The connection was lost before the broker had answered, so the message may have arrived or not.";

/** Bytes of a PUBLISH beside topic and payload, at most: fixed header, lengths, packet id and no properties. */
const PACKET_OVERHEAD = 10;

function unsent(why: string): Promise<Outcome> {
  return Promise.resolve({ kind: "unsent", why });
}

/** The broker's reason code in an error of MQTT.js, if it has one. */
function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "number" ? code : undefined;
}
