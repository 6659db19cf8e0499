import type { ListenerName } from "../../mosquitto/listener.ts";
import { connackCode } from "../client.ts";
import { CLOSED } from "../endpoint.ts";
import { Unproved } from "../expectation.ts";
import { scratchName } from "../scratch-name.ts";
import { Exchange, exchangeAll, SEATS_AT_A_TIME } from "./exchange.ts";
import { askWithoutDelivery } from "./held.ts";
import { inTurns } from "./in-turns.ts";
import type { PolicyUser } from "./policy.ts";
import { type Door, Seat } from "./seat.ts";
import { canBeShared, isReal, type Partner, type UserPlan, type WillTrial } from "./trial.ts";

/** What a batch needs to come to the broker. */
export interface Access {
  readonly door: (user: PolicyUser, listener: ListenerName) => Door;
  /** Whether a listener looks at passwords; where the certificate is the identity, it does not. */
  readonly asksForPasswords: (listener: ListenerName) => boolean;
  /** Whether nobody comes further than the handshake on a listener. */
  readonly closed: (listener: ListenerName) => boolean;
  /** Whether topics in real use may be asked about; false if the broker was seen to deliver what it should hold. */
  readonly holds: boolean;
  /** Says that one more step of {@link BATCH_STEPS} is done. */
  readonly step: () => void;
  readonly signal: AbortSignal | undefined;
}

/** Connections that are opened at a time. */
const DOORS_AT_A_TIME = 16;

/** One user on one listener, and what came of all that was tried there. */
export interface Stand {
  readonly plan: UserPlan;
  readonly seat: Seat;
  /** Answers to messages that were held, by topic; or why there are none. */
  held: ReadonlyMap<string, number> | Unproved;
}

/** One will, and who listens for it. */
export interface Will {
  readonly trial: WillTrial;
  readonly seat: Seat;
  readonly to: Seat;
  fault: Unproved | undefined;
}

/** One user on a listener that it may not use, and the code of the CONNACK; or why it is not asked for. */
export interface Refusal {
  readonly user: PolicyUser;
  readonly listener: ListenerName;
  code: number | Unproved | string;
}

/** What {@link Batch.run} reports a step after each of. */
export const BATCH_STEPS = 8;

/** Some users with all of their listeners, who are tried at the same time. */
export class Batch {
  readonly stands: Stand[];
  readonly wills: Will[] = [];
  readonly refusals: Refusal[];
  readonly exchanges = new Map<string, Exchange>();
  /** Retained messages that somebody still hears after they were cleared. */
  residue: string[] = [];
  readonly #access: Access;
  #closed = false;
  /** Of partners outside of the batch, one connection each. */
  readonly #guests = new Map<PolicyUser, Seat>();
  readonly #seats = new Map<string, Seat>();

  constructor(plans: readonly UserPlan[], listeners: readonly ListenerName[], access: Access) {
    this.#access = access;
    this.stands = plans.flatMap((plan) =>
      plan.user.listeners.map((listener) => {
        const seat = this.#newSeat(plan.user, listener);
        this.#seats.set(`${listener} ${plan.user.name}`, seat);
        return { plan, seat, held: new Map() };
      }),
    );
    this.refusals = plans.flatMap(({ user }) =>
      listeners
        .filter((listener) => !user.listeners.includes(listener) && access.asksForPasswords(listener))
        .map((listener) => ({ user, listener, code: new Unproved("a CONNACK", "none was asked for") })),
    );
    for (const { plan, seat } of this.stands) this.#prepare(plan, seat);
  }

  /** Does all that was planned; failures are kept where they happened. */
  async run(): Promise<void> {
    const seats = () => [...this.#seats.values(), ...this.#guests.values()];
    const all = (work: (seat: Seat) => Promise<void>) => inTurns(seats(), SEATS_AT_A_TIME, work);
    const exchanges = [...this.exchanges.values()];
    const steps: (() => Promise<void>)[] = [
      () => inTurns(seats(), DOORS_AT_A_TIME, (seat) => seat.open(this.#door(seat))),
      () => inTurns(this.refusals, DOORS_AT_A_TIME, (refusal) => this.#knock(refusal)),
      () =>
        exchangeAll(
          exchanges.filter(({ retains }) => retains),
          (exchange) => exchange.retain(),
        ),
      () => all((seat) => seat.subscribe()),
      () => exchangeAll(exchanges, (exchange) => exchange.speak()),
      () => inTurns(this.stands, SEATS_AT_A_TIME, (stand) => this.#ask(stand)),
      () => inTurns(this.wills, DOORS_AT_A_TIME, (will) => this.#die(will)),
      () => all((seat) => seat.listen()),
    ];
    for (const step of steps) {
      if (this.#access.signal?.aborted) return;
      await step();
      this.#access.step();
    }
  }

  /** Takes away what it retained, sees that it is gone, and leaves. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const seats = [...this.#seats.values(), ...this.#guests.values()];
    const retained = [...this.exchanges.values()].filter(({ retains }) => retains);
    for (const exchange of retained) await exchange.from.attempt(async () => exchange.clear());
    await inTurns(new Set(retained.map(({ from }) => from)), SEATS_AT_A_TIME, (seat) => seat.listen());
    const readers = new Set(retained.flatMap(({ to }) => to ?? []));
    for (const reader of readers) await reader.attempt(async () => reader.forget());
    await inTurns(readers, SEATS_AT_A_TIME, (seat) => seat.subscribe());
    this.residue = retained
      .filter(({ topic, from, to }) => to?.isOpen && to.heard({ topic, from, saying: "retained" }))
      .map(({ topic }) => topic);
    await inTurns(seats, DOORS_AT_A_TIME, (seat) => seat.close());
  }

  #prepare(plan: UserPlan, seat: Seat): void {
    for (const { topic, partner } of plan.writes) {
      if (isReal(topic)) continue;
      this.#exchange(seat.topic(topic), seat, partner && this.#seatOf(partner, seat));
    }
    for (const { topic, source } of plan.reads) {
      const own = seat.topic(topic);
      seat.filters.add(own);
      if (source === "broker" || source === "real clients") continue;
      if (canBeShared(topic)) seat.sharedFilters.add(own);
      this.#exchange(own, this.#seatOf(source, seat), seat).retains = true;
    }
    for (const trial of plan.wills.filter(({ listener }) => listener === seat.listener)) {
      const dying = this.#newSeat(plan.user, seat.listener);
      const to = this.#seatOf(trial.partner, seat);
      to.filters.add(dying.topic(trial.topic));
      this.wills.push({ trial, seat: dying, to, fault: undefined });
    }
  }

  /** A message that may be sent in answer to two trials, but once. */
  #exchange(topic: string, from: Seat, to: Seat | undefined): Exchange {
    const key = exchangeKey(topic, from, to);
    const exchange = this.exchanges.get(key) ?? new Exchange(topic, from, to);
    this.exchanges.set(key, exchange);
    to?.filters.add(topic);
    return exchange;
  }

  exchangeOf(topic: string, from: Partner, to: Partner | undefined, seat: Seat): Exchange {
    const key = exchangeKey(topic, this.#seatOf(from, seat), to && this.#seatOf(to, seat));
    const exchange = this.exchanges.get(key);
    if (exchange === undefined) throw new Error(`no exchange on ${topic} was planned`);
    return exchange;
  }

  /** Where a partner sits: on the same listener, if it may, on another, or as a guest. */
  #seatOf(partner: Partner, seat: Seat): Seat {
    if (partner === "self") return seat;
    const near = [seat.listener, ...partner.listeners].flatMap(
      (listener) => this.#seats.get(`${listener} ${partner.name}`) ?? [],
    );
    const found = near[0] ?? this.#guests.get(partner);
    if (found !== undefined) return found;
    const listener = partner.listeners[this.#guests.size % partner.listeners.length] ?? seat.listener;
    const guest = this.#newSeat(partner, listener);
    this.#guests.set(partner, guest);
    return guest;
  }

  #newSeat(user: PolicyUser, listener: ListenerName): Seat {
    return new Seat(user, listener, { clientId: scratchName(), scratch: scratchName() });
  }

  #door({ user, listener }: Seat): Door {
    return this.#access.door(user, listener);
  }

  async #knock(refusal: Refusal): Promise<void> {
    if (this.#access.closed(refusal.listener)) {
      refusal.code = CLOSED;
      return;
    }
    const { endpoint, credential } = this.#access.door(refusal.user, refusal.listener);
    const clientId = scratchName();
    refusal.code = await connackCode(endpoint, { version: 5, clientId, ...credential }).catch(unproved);
  }

  async #ask(stand: Stand): Promise<void> {
    const { plan, seat } = stand;
    const topics = plan.writes.map(({ topic }) => topic).filter(isReal);
    if (topics.length === 0 || !this.#access.holds || !seat.isOpen) return;
    const open = async () => {
      const another = this.#newSeat(plan.user, seat.listener);
      await another.open(this.#door(seat));
      return another;
    };
    stand.held = await askWithoutDelivery(topics, open).catch(unproved);
  }

  /** MQTT 5, 3.14.2.1: a client that leaves with 0x04 has its will sent, which it is by the time the connection ends. */
  async #die(will: Will): Promise<void> {
    const { seat, trial } = will;
    try {
      await seat.open(this.#door(seat), {
        will: { topic: seat.topic(trial.topic), payload: seat.payload("will") },
      });
      const ended = seat.client.ended("the broker to end a connection that leaves with its will");
      seat.client.write(DISCONNECT_WITH_WILL);
      await ended;
    } catch (error) {
      will.fault = unproved(error);
    } finally {
      await seat.close();
    }
  }
}

const DISCONNECT_WITH_WILL = Buffer.from([0xe0, 0x01, 0x04]);

function exchangeKey(topic: string, from: Seat, to: Seat | undefined): string {
  return `${from.clientId} ${to?.clientId} ${topic}`;
}

function unproved(error: unknown): Unproved {
  return error instanceof Unproved ? error : new Unproved("an answer", String(error));
}
