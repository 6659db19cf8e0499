import type { Message } from "./message.ts";

/** How much is kept: the newest messages up to both bounds. */
export const KEPT = Object.freeze({ messages: 2_000, bytes: 16_000_000 });

/** The newest messages, and the retained message of each topic, within bounds. */
export class MessageLog {
  /** In the order of arrival. */
  #messages: Message[] = [];
  #bytes = 0;
  #total = 0;
  readonly #retained = new Map<string, Message>();
  #retainedBytes = 0;
  #forgotten = 0;
  /** No retained message expires before this. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  add(message: Message): void {
    this.#total += 1;
    this.#messages.push(message);
    this.#bytes += message.payload.length;
    this.#trim();
    if (message.retained) this.#keep(message);
  }

  /** All messages so far, also those that are no longer kept. */
  get total(): number {
    return this.#total;
  }

  /** Retained messages that were beyond the bounds. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get count(): number {
    return this.#messages.length;
  }

  get retainedCount(): number {
    return this.#retained.size;
  }

  /** The newest first. */
  newest(search: string): readonly Message[] {
    const found =
      search === "" ? [...this.#messages] : this.#messages.filter(({ topic }) => topic.includes(search));
    return found.reverse();
  }

  /** The retained message of each topic, in the order of topics. */
  retained(search: string): readonly Message[] {
    const found = [...this.#retained.values()].filter(({ topic }) => topic.includes(search));
    return found.sort((one, other) => (one.topic < other.topic ? -1 : 1));
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
    this.#total = 0;
  }

  /** Forgets what was retained under topics that are no longer watched. */
  keepRetained(isWatched: (topic: string) => boolean): void {
    for (const [topic, message] of this.#retained) {
      if (!isWatched(topic)) this.#forget(message);
    }
  }

  /** Forgets every retained message, for a new connection brings back those that are still there. */
  forgetRetained(): void {
    this.#retained.clear();
    this.#retainedBytes = 0;
    this.#forgotten = 0;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
  }

  /**
   * Forgets the retained messages that have expired: a broker drops them without a word (MQTT 5, 3.3.2.3.3).
   *
   * @param now milliseconds since 1970
   * @returns when to ask again, infinity if none of them expires
   */
  expire(now: number): number {
    if (now < this.#nextExpiry) return this.#nextExpiry;
    for (const message of this.#retained.values()) if (message.expiresAt <= now) this.#forget(message);
    const expiries = Array.from(this.#retained.values(), ({ expiresAt }) => expiresAt);
    this.#nextExpiry = expiries.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
    return this.#nextExpiry;
  }

  #trim(): void {
    let surplus = 0;
    while (
      this.#messages.length - surplus > KEPT.messages ||
      (this.#bytes > KEPT.bytes && surplus < this.#messages.length - 1)
    ) {
      this.#bytes -= this.#messages[surplus]?.payload.length ?? 0;
      surplus += 1;
    }
    if (surplus > 0) this.#messages.splice(0, surplus);
  }

  /** An empty retained message removes the one before (MQTT 5, 3.3.1.3). */
  #keep(message: Message): void {
    const earlier = this.#retained.get(message.topic);
    if (earlier !== undefined) this.#forget(earlier);
    if (message.payload.length === 0) return;
    const fits =
      this.#retained.size < KEPT.messages && this.#retainedBytes + message.payload.length <= KEPT.bytes;
    if (!fits) {
      this.#forgotten += 1;
      return;
    }
    this.#retained.set(message.topic, message);
    this.#retainedBytes += message.payload.length;
    this.#nextExpiry = Math.min(this.#nextExpiry, message.expiresAt);
  }

  #forget(message: Message): void {
    this.#retained.delete(message.topic);
    this.#retainedBytes -= message.payload.length;
  }
}
