import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BrokerSession, type ConnectionState } from "./broker-session.ts";
import type { SubscriptionState } from "./subscription.ts";

/** Packets of MQTT 5, as far as a broker needs them here. */
const PACKETS = Object.freeze({
  connack: [0x20, 3, 0, 0, 0],
  suback: (high: number, low: number) => [0x90, 4, high, low, 0, 0],
  disconnect: (code: number) => [0xe0, 1, code],
});

/** A broker that lets everybody in and grants each filter but one, for which it ends the connection. */
class TrialBroker {
  /** What each connection asked for, in the order of connections. */
  readonly connections: string[][] = [];
  /** The filters of UNSUBSCRIBE packets. */
  readonly unsubscribed: string[] = [];
  readonly #server: Server;
  readonly #bad: string;
  readonly #sockets = new Set<Socket>();

  private constructor(bad: string) {
    this.#bad = bad;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async listen(bad: string): Promise<TrialBroker> {
    const broker = new TrialBroker(bad);
    broker.#server.listen(0, "127.0.0.1");
    await once(broker.#server, "listening");
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection with a reason. */
  dismiss(code: number): void {
    for (const socket of this.#sockets) socket.end(Uint8Array.from(PACKETS.disconnect(code)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    const asked: string[] = [];
    this.connections.push(asked);
    this.#sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      // No packet of these tests is longer than 127 bytes, so that its length is one byte.
      for (let end = 2 + (rest[1] ?? 0); rest.length >= end && rest.length > 1; end = 2 + (rest[1] ?? 0)) {
        if (socket.writable) this.#answer(socket, rest.subarray(0, end), asked);
        rest = rest.subarray(end);
      }
    });
  }

  #answer(socket: Socket, packet: Buffer, asked: string[]): void {
    const [kind = 0, , high = 0, low = 0] = packet;
    const filter = () => packet.subarray(7, 7 + packet.readUInt16BE(5)).toString();
    if (kind === 0x10) socket.write(Uint8Array.from(PACKETS.connack));
    if (kind === 0xa2) this.unsubscribed.push(filter());
    if (kind !== 0x82) return;
    asked.push(filter());
    if (filter() === this.#bad) socket.end(Uint8Array.from(PACKETS.disconnect(0x82)));
    else socket.write(Uint8Array.from(PACKETS.suback(high, low)));
  }
}

let broker: TrialBroker;
let session: BrokerSession;
let states: ConnectionState[];
let answers: [filter: string, state: SubscriptionState][];

beforeEach(async () => {
  broker = await TrialBroker.listen("bad/#");
  [states, answers] = [[], []];
  session = new BrokerSession({
    url: broker.url,
    account: "ann",
    password: "secret",
    onState: (state) => states.push(state),
    onMessage: () => undefined,
    onSubscription: (filter, state) => answers.push([filter, state]),
  });
  await connected(1);
});

afterEach(() => {
  session.end();
  broker.close();
});

/** Waits until the session has been let in so many times. */
async function connected(times: number): Promise<void> {
  await vi.waitFor(
    () => expect(states.filter(({ kind }) => kind === "connected")).toHaveLength(times),
    5_000,
  );
}

/** Waits for what the session says of its connection last. */
async function turned(kind: ConnectionState["kind"]): Promise<void> {
  await vi.waitFor(() => expect(states.at(-1)?.kind).toBe(kind), 5_000);
}

function answersTo(wanted: string): string[] {
  return answers.filter(([filter]) => filter === wanted).map(([, { kind }]) => kind);
}

describe("a session", () => {
  test("that another client takes over is left to it: nothing is tried any more", async () => {
    broker.dismiss(0x8e);
    await turned("taken over");
    // This would end a pause before the next attempt, if there were one.
    session.retryNow();
    expect(states.map(({ kind }) => kind)).toEqual(["connecting", "connected", "taken over"]);
  });

  test("that the broker ends for a reason that passes comes back with what it watches", async () => {
    session.watch("good/#", 1);
    await vi.waitFor(() => expect(answersTo("good/#")).toEqual(["asked", "granted"]));
    broker.dismiss(0x8b);
    await turned("away");
    session.retryNow();
    await connected(2);
    await vi.waitFor(() => expect(answersTo("good/#")).toEqual(["asked", "granted", "asked", "granted"]));
  });
});

describe("a filter that the broker ends the connection for", () => {
  beforeEach(async () => {
    for (const filter of ["one/#", "bad/#", "two/#"]) session.watch(filter, 1);
    await turned("away");
  });

  test("is refused with the broker's reason, and not asked for again; the others are", async () => {
    expect(answers.at(-1)).toEqual(["bad/#", { kind: "refused", why: "protocol error (0x82)" }]);
    session.retryNow();
    await connected(2);
    await vi.waitFor(() => expect(answersTo("two/#").at(-1)).toBe("granted"));
    expect(broker.connections[1]).toEqual(["one/#", "two/#"]);
    expect(answersTo("bad/#")).toEqual(["asked", "refused"]);
    expect(states.at(-1)).toEqual({ kind: "connected" });
  });

  test("is not taken back from it either, which would end the connection as well", async () => {
    session.retryNow();
    await connected(2);
    for (const filter of ["bad/#", "one/#"]) session.unwatch(filter);
    await vi.waitFor(() => expect(broker.unsubscribed).toEqual(["one/#"]));
  });
});
