import { demand, Unproved } from "../expectation.ts";
import { clearingPacket } from "../packet.ts";
import { codeName } from "../reason-codes.ts";
import { eachAtATime } from "./at-a-time.ts";
import type { Connection } from "./connection.ts";

/** Seconds that a retained message may outlive a run that is killed. */
const SHORT_LIVED = 120;

/** One message on a topic of one connection's own, retained first and then live, and who is there to hear it. */
export class Publication {
  readonly topic: string;
  readonly from: Connection;
  readonly to: Connection | undefined;
  /** Whether it is retained too, before anybody subscribes. */
  retains = false;
  readonly #answers = new Map<"retained" | "live" | "cleared", number | Unproved>();

  constructor(topic: string, from: Connection, to: Connection | undefined) {
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

  async publish(): Promise<void> {
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

/** Lets every connection say what is its to say; a few connections at a time, each with as many messages as its window has. */
export async function publishAll(
  publications: Iterable<Publication>,
  say: (publication: Publication) => Promise<void>,
): Promise<void> {
  const byConnection = new Map<Connection, Publication[]>();
  for (const publication of publications) {
    const own = byConnection.get(publication.from);
    if (own === undefined) byConnection.set(publication.from, [publication]);
    else own.push(publication);
  }
  await eachAtATime(byConnection, CONNECTIONS_AT_A_TIME, async ([connection, own]) => {
    await connection.attempt(() => eachAtATime(own, connection.window, say));
  });
}

export const CONNECTIONS_AT_A_TIME = 10;
