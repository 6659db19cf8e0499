import { demand, Unproved } from "../expectation.ts";
import { codeName } from "../reason-codes.ts";
import { eachAtATime } from "./at-a-time.ts";
import type { Connection } from "./connection.ts";
import { CLIENT, SCRATCH } from "./probe.ts";

/** One message for readers: retained before they subscribe, and live when they have. */
export class Publication {
  readonly topic: string;
  readonly from: Connection;
  readonly #codes = new Map<"retained" | "live", number>();

  constructor(topic: string, from: Connection) {
    this.topic = topic;
    this.from = from;
  }

  answered(what: "retained" | "live", code: number | undefined): void {
    if (code !== undefined) this.#codes.set(what, code);
  }

  /** The reason code that the broker answered with. @throws Unproved with what came instead */
  code(what: "retained" | "live"): number {
    this.from.demandSound();
    const code = this.#codes.get(what);
    if (code === undefined) throw new Unproved(`a message on ${this.topic}`, "none was sent");
    return code;
  }

  /** Demands that the broker has taken it. */
  demandTaken(what: "retained" | "live"): void {
    const code = this.code(what);
    if (code < 0x80) return;
    const expected = `the publish of ${this.from.user.name} to ${this.topic} to be taken`;
    demand(false, expected, `PUBACK ${codeName(5, code)}`);
  }
}

/** The messages of a batch of users, each once, however many of them it is for. */
export class Publications {
  readonly #all = new Map<string, Publication>();

  /**
   * The message of a connection on a topic; on one without a scratch level, that of the first one who has any there,
   * as all users may be on it, and would get a message of each.
   */
  of(topic: string, from: Connection): Publication {
    const key = isScratch(topic) ? `${from.clientId} ${topic}` : topic;
    const publication = this.#all.get(key) ?? new Publication(topic, from);
    this.#all.set(key, publication);
    return publication;
  }

  /** Lets each connection publish what is its to publish, in as few writes as the broker takes. */
  async publish(what: "retained" | "live", atATime: number): Promise<void> {
    await eachAtATime(this.#byConnection(), atATime, async ([from, own]) => {
      const messages = own.map(({ topic }) => ({
        ...{ topic, payload: from.payload(what), retain: what === "retained" },
      }));
      const codes = await from.publish(messages);
      for (const [index, publication] of own.entries()) publication.answered(what, codes[index]);
    });
  }

  /**
   * Takes away what is retained on topics that nobody else uses. Where there is no scratch level, others may be about
   * to read theirs, and the next message takes its place.
   */
  clear(): void {
    for (const [from, own] of this.#byConnection()) {
      const topics = own.map(({ topic }) => topic).filter(isScratch);
      from.send(topics.map((topic) => ({ topic, payload: "", retain: true })));
    }
  }

  #byConnection(): ReadonlyMap<Connection, readonly Publication[]> {
    const byConnection = new Map<Connection, Publication[]>();
    for (const publication of this.#all.values()) {
      const own = byConnection.get(publication.from);
      if (own === undefined) byConnection.set(publication.from, [publication]);
      else own.push(publication);
    }
    return byConnection;
  }
}

/** A level that `scratchName` has made. */
const SCRATCH_LEVEL = /(^|\/)smoke-[0-9a-f]{12}(\/|$)/;

function isScratch(topic: string): boolean {
  return SCRATCH_LEVEL.test(topic);
}

/** A planned topic, with names in it. */
export function topicWith(planned: string, scratch: string, clientId: string): string {
  if (!planned.includes(SCRATCH) && !planned.includes(CLIENT)) return planned;
  return planned
    .split("/")
    .map((level) => (level === SCRATCH ? scratch : level === CLIENT ? clientId : level))
    .join("/");
}
