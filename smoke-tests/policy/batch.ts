import type { ListenerName } from "../../mosquitto/listener.ts";
import { connackCode } from "../client.ts";
import { CLOSED } from "../endpoint.ts";
import { Unproved } from "../expectation.ts";
import { scratchName } from "../scratch-name.ts";
import { eachAtATime } from "./at-a-time.ts";
import { Connection, type Entrance } from "./connection.ts";
import type { PolicyUser } from "./policy.ts";
import { canBeShared, isReal, type Partner, type UserPlan, type WillProbe } from "./probe.ts";
import { CONNECTIONS_AT_A_TIME, Publication, publishAll } from "./publication.ts";
import { askWithoutDelivery } from "./unreleased-publish.ts";

/** What a batch needs to come to the broker. */
export interface Access {
  readonly entrance: (user: PolicyUser, listener: ListenerName) => Entrance;
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
const LOG_INS_AT_A_TIME = 16;

/** One user on one listener, and what came of all that was tried there. */
export interface Presence {
  readonly plan: UserPlan;
  readonly connection: Connection;
  /** Answers to messages that were held, by topic; or why there are none. */
  held: ReadonlyMap<string, number> | Unproved;
}

/** One will, and who listens for it. */
export interface Will {
  readonly probe: WillProbe;
  readonly connection: Connection;
  readonly to: Connection;
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
  readonly presences: Presence[];
  readonly wills: Will[] = [];
  readonly refusals: Refusal[];
  readonly publications = new Map<string, Publication>();
  /** Retained messages that somebody still hears after they were cleared. */
  leftovers: string[] = [];
  readonly #access: Access;
  #closed = false;
  /** Of partners outside of the batch, one connection each. */
  readonly #outsiders = new Map<PolicyUser, Connection>();
  readonly #connections = new Map<string, Connection>();

  constructor(plans: readonly UserPlan[], listeners: readonly ListenerName[], access: Access) {
    this.#access = access;
    this.presences = plans.flatMap((plan) =>
      plan.user.listeners.map((listener) => {
        const connection = this.#newConnection(plan.user, listener);
        this.#connections.set(`${listener} ${plan.user.name}`, connection);
        return { plan, connection, held: new Map() };
      }),
    );
    this.refusals = plans.flatMap(({ user }) =>
      listeners
        .filter((listener) => !user.listeners.includes(listener) && access.asksForPasswords(listener))
        .map((listener) => ({ user, listener, code: new Unproved("a CONNACK", "none was asked for") })),
    );
    for (const { plan, connection } of this.presences) this.#prepare(plan, connection);
  }

  /** Does all that was planned; failures are kept where they happened. */
  async run(): Promise<void> {
    const connections = () => [...this.#connections.values(), ...this.#outsiders.values()];
    const all = (work: (connection: Connection) => Promise<void>) =>
      eachAtATime(connections(), CONNECTIONS_AT_A_TIME, work);
    const publications = [...this.publications.values()];
    const steps: (() => Promise<void>)[] = [
      () =>
        eachAtATime(connections(), LOG_INS_AT_A_TIME, (connection) =>
          connection.open(this.#entrance(connection)),
        ),
      () => eachAtATime(this.refusals, LOG_INS_AT_A_TIME, (refusal) => this.#connect(refusal)),
      () =>
        publishAll(
          publications.filter(({ retains }) => retains),
          (publication) => publication.retain(),
        ),
      () => all((connection) => connection.subscribe()),
      () => publishAll(publications, (publication) => publication.publish()),
      () => eachAtATime(this.presences, CONNECTIONS_AT_A_TIME, (presence) => this.#ask(presence)),
      () => eachAtATime(this.wills, LOG_INS_AT_A_TIME, (will) => this.#leaveWithWill(will)),
      () => all((connection) => connection.listen()),
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
    const connections = [...this.#connections.values(), ...this.#outsiders.values()];
    const retained = [...this.publications.values()].filter(({ retains }) => retains);
    for (const publication of retained) await publication.from.attempt(async () => publication.clear());
    await eachAtATime(new Set(retained.map(({ from }) => from)), CONNECTIONS_AT_A_TIME, (connection) =>
      connection.listen(),
    );
    const readers = new Set(retained.flatMap(({ to }) => to ?? []));
    for (const reader of readers) await reader.attempt(async () => reader.forget());
    await eachAtATime(readers, CONNECTIONS_AT_A_TIME, (connection) => connection.subscribe());
    this.leftovers = retained
      .filter(({ topic, from, to }) => to?.isOpen && to.hasReceived({ topic, from, kind: "retained" }))
      .map(({ topic }) => topic);
    await eachAtATime(connections, LOG_INS_AT_A_TIME, (connection) => connection.close());
  }

  #prepare(plan: UserPlan, connection: Connection): void {
    for (const { topic, partner } of plan.writes) {
      if (isReal(topic)) continue;
      this.#publication(
        connection.topic(topic),
        connection,
        partner && this.#connectionOf(partner, connection),
      );
    }
    for (const { topic, source } of plan.reads) {
      const own = connection.topic(topic);
      connection.filters.add(own);
      if (source === "broker" || source === "real clients") continue;
      if (canBeShared(topic)) connection.sharedFilters.add(own);
      this.#publication(own, this.#connectionOf(source, connection), connection).retains = true;
    }
    for (const probe of plan.wills.filter(({ listener }) => listener === connection.listener)) {
      const leaving = this.#newConnection(plan.user, connection.listener);
      const to = this.#connectionOf(probe.partner, connection);
      to.filters.add(leaving.topic(probe.topic));
      this.wills.push({ probe, connection: leaving, to, fault: undefined });
    }
  }

  /** A message that may be sent in answer to two probes, but once. */
  #publication(topic: string, from: Connection, to: Connection | undefined): Publication {
    const key = publicationKey(topic, from, to);
    const publication = this.publications.get(key) ?? new Publication(topic, from, to);
    this.publications.set(key, publication);
    to?.filters.add(topic);
    return publication;
  }

  publicationOf(topic: string, from: Partner, to: Partner | undefined, connection: Connection): Publication {
    const key = publicationKey(
      topic,
      this.#connectionOf(from, connection),
      to && this.#connectionOf(to, connection),
    );
    const publication = this.publications.get(key);
    if (publication === undefined) throw new Error(`no publication on ${topic} was planned`);
    return publication;
  }

  /** Where a partner sits: on the same listener, if it may, on another, or as a outsider. */
  #connectionOf(partner: Partner, connection: Connection): Connection {
    if (partner === "self") return connection;
    const near = [connection.listener, ...partner.listeners].flatMap(
      (listener) => this.#connections.get(`${listener} ${partner.name}`) ?? [],
    );
    const found = near[0] ?? this.#outsiders.get(partner);
    if (found !== undefined) return found;
    const listener =
      partner.listeners[this.#outsiders.size % partner.listeners.length] ?? connection.listener;
    const outsider = this.#newConnection(partner, listener);
    this.#outsiders.set(partner, outsider);
    return outsider;
  }

  #newConnection(user: PolicyUser, listener: ListenerName): Connection {
    return new Connection(user, listener, { clientId: scratchName(), scratch: scratchName() });
  }

  #entrance({ user, listener }: Connection): Entrance {
    return this.#access.entrance(user, listener);
  }

  async #connect(refusal: Refusal): Promise<void> {
    if (this.#access.closed(refusal.listener)) {
      refusal.code = CLOSED;
      return;
    }
    const { endpoint, credential } = this.#access.entrance(refusal.user, refusal.listener);
    const clientId = scratchName();
    refusal.code = await connackCode(endpoint, { version: 5, clientId, ...credential }).catch(unproved);
  }

  async #ask(presence: Presence): Promise<void> {
    const { plan, connection } = presence;
    const topics = plan.writes.map(({ topic }) => topic).filter(isReal);
    if (topics.length === 0 || !this.#access.holds || !connection.isOpen) return;
    const open = async () => {
      const another = this.#newConnection(plan.user, connection.listener);
      await another.open(this.#entrance(connection));
      return another;
    };
    presence.held = await askWithoutDelivery(topics, open).catch(unproved);
  }

  /** MQTT 5, 3.14.2.1: a client that leaves with 0x04 has its will sent, which it is by the time the connection ends. */
  async #leaveWithWill(will: Will): Promise<void> {
    const { connection, probe } = will;
    try {
      await connection.open(this.#entrance(connection), {
        will: { topic: connection.topic(probe.topic), payload: connection.payload("will") },
      });
      const ended = connection.client.ended("the broker to end a connection that leaves with its will");
      connection.client.write(DISCONNECT_WITH_WILL);
      await ended;
    } catch (error) {
      will.fault = unproved(error);
    } finally {
      await connection.close();
    }
  }
}

const DISCONNECT_WITH_WILL = Buffer.from([0xe0, 0x01, 0x04]);

function publicationKey(topic: string, from: Connection, to: Connection | undefined): string {
  return `${from.clientId} ${to?.clientId} ${topic}`;
}

function unproved(error: unknown): Unproved {
  return error instanceof Unproved ? error : new Unproved("an answer", String(error));
}
