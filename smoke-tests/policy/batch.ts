import { type ListenerName, listenerNames } from "../../mosquitto/listener.ts";
import { Unproved } from "../expectation.ts";
import type { ProtocolVersion } from "../reason-codes.ts";
import { scratchName } from "../scratch-name.ts";
import { eachAtATime } from "./at-a-time.ts";
import { Connection } from "./connection.ts";
import { connackCode } from "./log-in.ts";
import type { PolicyUser } from "./policy.ts";
import type { Access, Presence, Read, Refusal, Will, Write } from "./presence.ts";
import { canBeShared, isOfClient, type Partner, type UserPlan, type WillProbe } from "./probe.ts";
import { Publications, topicWith } from "./publication.ts";

/** Connections that are opened at a time. */
const LOG_INS_AT_A_TIME = 32;

/** Listeners by what a connection costs, the cheapest first. */
const BY_COST: readonly ListenerName[] = ["mqtt", "ws", "mqtts", "wss"];

const NO_ROOM =
  "naboom-mqtt:limits.connectionsPerListener is too low for one more connection beside those of the proof";

const NOT_ASKED = new Unproved("a CONNACK", "none was asked for");

/** Levels that only one user's probes have, and the connection that listens to the others. */
interface Place {
  readonly write: string;
  readonly read: string;
  readonly home: Connection;
}

/** What {@link Batch.run} reports a step after each of. */
export const BATCH_STEPS = 9;

/** Some users with all of their listeners, who are tried at the same time. */
export class Batch {
  readonly presences: Presence[] = [];
  readonly wills: Will[] = [];
  readonly refusals: readonly Refusal[];
  readonly #access: Access;
  readonly #publications = new Publications();
  readonly #places = new Map<PolicyUser, Place>();
  /** Of partners outside of the batch, one connection each. */
  readonly #outsiders = new Map<PolicyUser, Connection>();
  readonly #used = new Map<ListenerName, number>();
  /** Wills of connections that are there anyway. */
  readonly #carried = new Map<Connection, Will>();

  constructor(plans: readonly UserPlan[], access: Access) {
    this.#access = access;
    const placed = plans.map((plan) => ({ plan, own: this.#connectionsOf(plan.user) }));
    for (const { plan, own } of placed) {
      for (const connection of own) this.presences.push(this.#presence(plan, connection));
      this.#planWills(plan, own);
    }
    this.refusals = plans.flatMap(({ user }) => this.#refusalsOf(user));
  }

  /** Does all that was planned; failures are kept where they happened. */
  async run(): Promise<void> {
    const { atATime, signal, step } = this.#access;
    const all = () => [...this.presences.map(({ connection }) => connection), ...this.#outsiders.values()];
    const each = (work: (connection: Connection) => Promise<void>) => eachAtATime(all(), atATime, work);
    const steps: (() => Promise<void>)[] = [
      () => eachAtATime(this.refusals, LOG_INS_AT_A_TIME, (refusal) => this.#connect(refusal)),
      () => eachAtATime(all(), LOG_INS_AT_A_TIME, (connection) => this.#open(connection)),
      () => each((connection) => connection.subscribe()),
      () => eachAtATime(this.presences, atATime, (presence) => this.#write(presence)),
      () => this.#publications.publish("retained", atATime),
      () => each((connection) => connection.subscribeToRead()),
      () => this.#publications.publish("live", atATime),
      () => this.#leave(),
      () => each((connection) => connection.listen()),
    ];
    for (const work of steps) {
      if (signal?.aborted) return;
      await work();
      step();
    }
  }

  /** Leaves the broker, also half-way. */
  async close(): Promise<void> {
    const all = [...this.presences.map(({ connection }) => connection), ...this.#outsiders.values()];
    await eachAtATime(all, LOG_INS_AT_A_TIME, (connection) => connection.close());
  }

  /** A user's connections: one on each of its listeners, and those with MQTT 3.1.1; the first stays to the end. */
  #connectionsOf(user: PolicyUser): readonly [Connection, ...Connection[]] {
    const listeners = BY_COST.filter((name) => user.listeners.includes(name));
    const [home, ...others] = listeners.map((listener) => this.#newConnection(user, listener, 5));
    if (home === undefined) throw new Error(`user ${user.name} has no listener`);
    this.#places.set(user, { write: scratchName(), read: scratchName(), home });
    const older = this.#access.older(user).map((listener) => this.#newConnection(user, listener, 4));
    return [home, ...others, ...older];
  }

  #newConnection(user: PolicyUser, listener: ListenerName, version: ProtocolVersion): Connection {
    const connection = new Connection(user, listener, version);
    const used = (this.#used.get(listener) ?? 0) + 1;
    if (used > this.#access.room) connection.leaveOut(NO_ROOM);
    else this.#used.set(listener, used);
    return connection;
  }

  #presence(plan: UserPlan, connection: Connection): Presence {
    const place = this.#placeOf(plan.user);
    const writes = plan.writes.map((probe): Write => {
      const topic = topicWith(probe.topic, place.write, connection.clientId);
      const to = probe.partner && this.#partner(probe.partner, probe.topic, connection);
      to?.writeFilters.add(topic);
      return { topic, to };
    });
    const reads = plan.reads.map(({ topic: planned, source }): Read => {
      const topic = topicWith(planned, place.read, connection.clientId);
      connection.readFilters.add(topic);
      if (source === "broker") return { topic, publication: undefined };
      if (canBeShared(topic)) connection.sharedFilters.add(topic);
      return { topic, publication: this.#publications.of(topic, this.#partner(source, planned, connection)) };
    });
    return { plan, connection, writes, reads, codes: [] };
  }

  /** The connection of a partner: that itself, where its client id is in the topic, or else the partner's first. */
  #partner(partner: Partner, planned: string, connection: Connection): Connection {
    if (partner !== "self") return this.#homeOf(partner);
    return isOfClient(planned) ? connection : this.#placeOf(connection.user).home;
  }

  #homeOf(user: PolicyUser): Connection {
    const known = this.#places.get(user)?.home ?? this.#outsiders.get(user);
    if (known !== undefined) return known;
    const byRoom = BY_COST.filter((name) => user.listeners.includes(name));
    const free = byRoom.find((name) => (this.#used.get(name) ?? 0) < this.#access.room) ?? byRoom[0];
    const outsider = this.#newConnection(user, free ?? listenerNames[0], 5);
    this.#outsiders.set(user, outsider);
    return outsider;
  }

  #placeOf(user: PolicyUser): Place {
    const place = this.#places.get(user);
    if (place === undefined) throw new Error(`user ${user.name} is not in this batch`);
    return place;
  }

  /** Wills go by the connections that are there anyway, but for the first; the others take one each of their own. */
  #planWills(plan: UserPlan, [, ...carriers]: readonly Connection[]): void {
    const left = [...plan.wills];
    for (const connection of carriers) {
      const at = left.findIndex(({ listener }) => listener === connection.listener);
      const [probe] = at < 0 ? this.#repeated(plan, connection) : left.splice(at, 1);
      if (probe !== undefined) this.#carried.set(connection, this.#will(probe, connection));
    }
    for (const probe of left) this.#will(probe, new Connection(plan.user, probe.listener, 5));
  }

  /** With MQTT 3.1.1 a will is tried wherever there is one, allowed and not with the users in turn. */
  #repeated({ wills, user }: UserPlan, { listener, version }: Connection): WillProbe[] {
    const here = version === 4 ? wills.filter((probe) => probe.listener === listener) : [];
    return here.length === 0 ? [] : [here[user.index % here.length] as WillProbe];
  }

  #will(probe: WillProbe, connection: Connection): Will {
    const topic = topicWith(probe.topic, this.#placeOf(connection.user).write, connection.clientId);
    const to = this.#homeOf(probe.partner);
    to.writeFilters.add(topic);
    const will: Will = { probe, topic, connection, to };
    this.wills.push(will);
    return will;
  }

  #refusalsOf(user: PolicyUser): Refusal[] {
    const { listeners, asksForPasswords } = this.#access;
    const not = listeners.filter((name) => !user.listeners.includes(name) && asksForPasswords(name));
    const older = not[user.index % not.length];
    return not.flatMap((listener) =>
      (listener === older ? ([5, 4] as const) : ([5] as const)).map((version) => ({
        ...{ user, listener, version, code: NOT_ASKED },
      })),
    );
  }

  async #connect(refusal: Refusal): Promise<void> {
    const { user, listener, version } = refusal;
    const closed = this.#access.closed(listener);
    if (closed !== undefined) {
      refusal.code = closed;
      return;
    }
    const { endpoint, credential } = this.#access.entrance(user, listener);
    const options = { version, clientId: scratchName(), ...credential };
    refusal.code = await connackCode(endpoint, options).catch(unproved);
  }

  async #open(connection: Connection, will = this.#carried.get(connection)): Promise<void> {
    if (connection.isLeftOut) return;
    await connection.open(this.#access.entrance(connection.user, connection.listener), will && willOf(will));
  }

  async #write(presence: Presence): Promise<void> {
    const { connection, writes } = presence;
    const payload = connection.payload("written");
    presence.codes = await connection.publish(writes.map(({ topic }) => ({ topic, payload })));
  }

  /** What is retained is cleared; all but the homes leave, with their wills; and the other wills come and leave. */
  async #leave(): Promise<void> {
    this.#publications.clear();
    const homes = new Set([...this.#places.values()].map(({ home }) => home));
    await eachAtATime(this.presences, LOG_INS_AT_A_TIME, async ({ connection }) => {
      if (homes.has(connection) || connection.isLeftOut) return;
      this.#used.set(connection.listener, (this.#used.get(connection.listener) ?? 1) - 1);
      await connection.leave(this.#carried.has(connection) ? "with its will" : "without");
    });
    const others = this.wills.filter(({ connection }) => this.#carried.get(connection) === undefined);
    const room = Math.min(...others.map(({ connection }) => this.#roomOn(connection.listener)));
    await eachAtATime(others, Math.max(1, Math.min(room, LOG_INS_AT_A_TIME)), async (will) => {
      const { connection } = will;
      if (this.#roomOn(connection.listener) < 1) connection.leaveOut(NO_ROOM);
      await this.#open(connection, will);
      await connection.leave("with its will");
    });
  }

  #roomOn(listener: ListenerName): number {
    return this.#access.room - (this.#used.get(listener) ?? 0);
  }
}

function willOf({ topic, connection }: Will) {
  return { topic, payload: connection.payload("will") };
}

function unproved(error: unknown): Unproved {
  return error instanceof Unproved ? error : new Unproved("an answer", String(error));
}
