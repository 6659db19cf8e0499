import type { MqttClient } from "mqtt";
import type { QoS } from "./broker-session.ts";
import { type SubscriptionState, subscriptionState } from "./subscription.ts";

/** The topic filters that a session watches, which are subscribed to on each of its connections. */
export class WatchedFilters {
  readonly #tell: (filter: string, state: SubscriptionState) => void;
  readonly #watched = new Map<string, QoS>();
  /** What the broker has not answered yet, in the order of asking, which it answers in. */
  #asked: string[] = [];
  #client: MqttClient | undefined;

  constructor(tell: (filter: string, state: SubscriptionState) => void) {
    this.#tell = tell;
  }

  /** Subscribes now if there is a connection, and on each later one. */
  add(filter: string, qos: QoS): void {
    this.#watched.set(filter, qos);
    if (this.#client !== undefined) this.#subscribe(this.#client, filter, qos);
  }

  remove(filter: string): void {
    // The broker would end the connection for a filter that it has refused so before.
    if (this.#watched.delete(filter)) this.#client?.unsubscribe(filter, () => undefined);
  }

  /** Subscribes to all of them on a new connection. */
  attach(client: MqttClient): void {
    this.#client = client;
    this.#asked = [];
    for (const [filter, qos] of this.#watched) this.#subscribe(client, filter, qos);
  }

  detach(): void {
    this.#client = undefined;
  }

  /**
   * Drops the filter that the broker was to answer next, for it has ended the connection instead. Asked for again
   * it would end the next connection too, and with it whatever else is watched.
   */
  refuseFirst(why: string): void {
    const filter = this.#asked.shift();
    if (filter === undefined || !this.#watched.delete(filter)) return;
    this.#tell(filter, { kind: "refused", why });
  }

  #subscribe(client: MqttClient, filter: string, qos: QoS): void {
    this.#asked.push(filter);
    this.#tell(filter, { kind: "asked" });
    // "Retain as published" lets live messages tell whether they replace a retained one (MQTT 5, 3.8.3.1).
    client.subscribe(filter, { qos, rap: true }, (error, granted) => {
      const state = subscriptionState(error, granted);
      if (client !== this.#client || state === undefined) return;
      this.#asked.splice(this.#asked.indexOf(filter), 1);
      this.#tell(filter, state);
    });
  }
}
