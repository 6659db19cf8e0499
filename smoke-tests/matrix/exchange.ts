import { demand, Unproved } from "../expectation.ts";
import { clearingPacket } from "../packet.ts";
import { codeName } from "../reason-codes.ts";
import { inTurns } from "./in-turns.ts";
import type { Seat } from "./seat.ts";

/** Seconds that a retained message may outlive a run that is killed. */
const SHORT_LIVED = 120;

/** One message on a topic of one seat's own, retained first and then live, and who is there to hear it. */
export class Exchange {
  readonly topic: string;
  readonly from: Seat;
  readonly to: Seat | undefined;
  /** Whether it is retained too, before anybody subscribes. */
  retains = false;
  readonly #answers = new Map<"retained" | "live" | "cleared", number | Unproved>();

  constructor(topic: string, from: Seat, to: Seat | undefined) {
    this.topic = topic;
    this.from = from;
    this.to = to;
  }

  async retain(): Promise<void> {
    const properties = { messageExpiryInterval: SHORT_LIVED };
    await this.#say("retained", () =>
      this.from.client.publish(this.topic, this.from.payload("retained"), { retain: true, properties }),
    );
  }

  async speak(): Promise<void> {
    await this.#say("live", () => this.from.client.publish(this.topic, this.from.payload("live")));
  }

  clear(): void {
    if (this.#answers.has("retained")) this.from.client.write(clearingPacket(5, this.topic));
  }

  /** The reason code that the broker answered with. @throws Unproved with what came instead */
  code(what: "retained" | "live"): number {
    const answer = this.#answers.get(what) ?? new Unproved(`a message on ${this.topic}`, "none was sent");
    if (answer instanceof Unproved) throw answer;
    return answer;
  }

  /** Demands that the broker has taken it, and that somebody has subscribed to it. */
  demandTaken(what: "retained" | "live"): void {
    const code = this.code(what);
    const expected = `the publish of ${this.from.user.name} to ${this.topic} to be taken`;
    demand(code < 0x80, expected, `PUBACK ${codeName(5, code)}`);
  }

  async #say(what: "retained" | "live", publish: () => Promise<number>): Promise<void> {
    try {
      this.#answers.set(what, await publish());
    } catch (error) {
      this.#answers.set(what, error instanceof Unproved ? error : new Unproved("an answer", String(error)));
    }
  }
}

/** Lets every seat say what is its to say; a few seats at a time, each with as many messages as its window has. */
export async function exchangeAll(
  exchanges: Iterable<Exchange>,
  say: (exchange: Exchange) => Promise<void>,
): Promise<void> {
  const bySeat = new Map<Seat, Exchange[]>();
  for (const exchange of exchanges) {
    const own = bySeat.get(exchange.from);
    if (own === undefined) bySeat.set(exchange.from, [exchange]);
    else own.push(exchange);
  }
  await inTurns(bySeat, SEATS_AT_A_TIME, async ([seat, own]) => {
    await seat.attempt(() => inTurns(own, seat.window, say));
  });
}

export const SEATS_AT_A_TIME = 10;
