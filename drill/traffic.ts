import { setTimeout as sleep } from "node:timers/promises";
import type { StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn, listenerNames } from "../mosquitto/listener.ts";
import { type Client, connect } from "../smoke-tests/client.ts";
import { DEADLINE } from "../smoke-tests/expectation.ts";
import { publishPacket } from "../smoke-tests/packet.ts";
import type { ProtocolVersion } from "../smoke-tests/reason-codes.ts";
import { type Arrival, type DeliveryRecord, dueBy, recordDelivery } from "./delivery-record.ts";

/** The size of the traffic, and its pace. */
export const trafficPlan = Object.freeze({
  /** Connected clients, the sender and the receiver among them; an equal share on each listener. */
  clients: 20,
  messagesPerSecond: 200,
  /** Bytes of each payload. */
  bytes: 64,
  topic: "drill/traffic",
});

/** How long sending goes on after the work, so that what it brings about late is seen too, in milliseconds. */
const AFTERMATH = 250;

/** However long the work takes, sending ends after so many milliseconds; the work has then failed. */
const SENDING_LIMIT = 180_000;

/** The names of the users that the traffic is made with. */
export interface TrafficUsers {
  /** May write {@link trafficPlan}'s topic. */
  readonly sender: string;
  /** May read it. */
  readonly receiver: string;
  /** All the others. */
  readonly bystander: string;
}

/** What the clients went through while something was done to their broker. */
export interface TrafficRecord extends DeliveryRecord {
  /** Messages that the broker has not acknowledged. */
  readonly unacknowledged: number;
  /** Clients whose connection was gone in the end. None connects anew by itself. */
  readonly disconnected: number;
}

interface Role {
  readonly user: string;
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  readonly clientId: string;
}

/**
 * Clients that have nothing to do with a rotation: one sends QoS 1 messages to another user's at an even
 * pace, and the others are just connected, on all four listeners and with both versions of MQTT.
 */
export class Traffic {
  readonly #outputs: StackOutputs;
  readonly #roles: readonly Role[];
  readonly #clients: Client[];
  #sentBefore = 0;

  private constructor(outputs: StackOutputs, roles: readonly Role[], clients: readonly Client[]) {
    this.#outputs = outputs;
    this.#roles = roles;
    this.#clients = [...clients];
  }

  /** @throws Unproved when a client is not let in. */
  static async connect(outputs: StackOutputs, users: TrafficUsers): Promise<Traffic> {
    const roles = assignRoles(users);
    return new Traffic(outputs, roles, await Promise.all(roles.map((role) => logIn(outputs, role))));
  }

  /** How many clients are on a listener. */
  static clientsOn(listener: ListenerName): number {
    return assignRoles({ sender: "", receiver: "", bystander: "" }).filter(
      (role) => role.listener === listener,
    ).length;
  }

  /** Sends while the work goes on and a moment longer, and tells what the clients went through. */
  async during<Result>(work: () => Promise<Result>): Promise<{ result: Result; traffic: TrafficRecord }> {
    const [sender, receiver] = this.#clients;
    if (sender === undefined || receiver === undefined)
      throw new Error("there is no traffic without clients");
    const stream = new Stream(sender, receiver, this.#sentBefore);
    const result = await stream.while(work);
    this.#sentBefore += stream.sent;
    const disconnected = await this.#replaceDisconnected();
    return { result, traffic: { ...stream.record(), unacknowledged: stream.unacknowledged, disconnected } };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** A client that does not answer is replaced by a new one, so that the next count begins with all of them. */
  async #replaceDisconnected(): Promise<number> {
    const gone = await Promise.all(
      this.#clients.map((client, index) =>
        client.ping().then(
          () => [],
          () => [index],
        ),
      ),
    );
    const indices = gone.flat();
    for (const index of indices) {
      const role = this.#roles[index];
      if (role) this.#clients[index] = await logIn(this.#outputs, role);
    }
    return indices.length;
  }
}

/** The sender and the receiver come first, and both are on TLS, as that is what a certificate's rotation touches. */
function assignRoles({ sender, receiver, bystander }: TrafficUsers): readonly Role[] {
  const name = `drill-${process.pid}`;
  const share = trafficPlan.clients / listenerNames.length;
  const fixed: Role[] = [
    { user: sender, listener: "mqtts", version: 5, clientId: `${name}-sender` },
    { user: receiver, listener: "wss", version: 4, clientId: `${name}-receiver` },
  ];
  const others = listenerNames.flatMap((listener) => {
    const count = share - fixed.filter((role) => role.listener === listener).length;
    return Array.from({ length: count }, (_, index): Role => {
      const version = index % 2 === 0 ? 5 : 4;
      return { user: bystander, listener, version, clientId: `${name}-${listener}-${index}` };
    });
  });
  return [...fixed, ...others];
}

async function logIn(outputs: StackOutputs, role: Role): Promise<Client> {
  const { listener, user, version, clientId } = role;
  const { host, port } = listenerIn(outputs.listeners, listener);
  const client = await connect(
    { listener, host, port, authority: outputs.certificates.authority },
    { version, clientId, ...outputs.credentials[user] },
  );
  if (clientId.endsWith("-receiver")) await client.subscribe([trafficPlan.topic], 1);
  return client;
}

/** The messages of one piece of work, numbered on from those before, so that a late one is not taken for another. */
class Stream {
  readonly #sender: Client;
  readonly #first: number;
  readonly #arrivals: Arrival[] = [];
  readonly #unanswered = new Set<number>();
  #started = 0;
  #ended = 0;
  sent = 0;

  constructor(sender: Client, receiver: Client, first: number) {
    this.#sender = sender;
    this.#first = first;
    sender.onPacket((packet) => {
      if (packet.cmd === "puback" && packet.messageId !== undefined)
        this.#unanswered.delete(packet.messageId);
    });
    receiver.onPacket((packet) => {
      if (packet.cmd !== "publish" || packet.topic !== trafficPlan.topic || this.#ended > 0) return;
      const number = Buffer.from(packet.payload).readUInt32BE() - first;
      this.#arrivals.push({ number, at: performance.now() });
    });
  }

  get unacknowledged(): number {
    return this.#unanswered.size;
  }

  async while<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#started = performance.now();
    const timer = setInterval(() => this.#sendDue(), 1000 / trafficPlan.messagesPerSecond);
    try {
      const result = await limited(work());
      await sleep(AFTERMATH);
      return result;
    } finally {
      clearInterval(timer);
      await this.#settle();
    }
  }

  record(): DeliveryRecord {
    return recordDelivery(this.sent, this.#arrivals, this.#started, this.#ended);
  }

  #sendDue(): void {
    const due = dueBy(performance.now() - this.#started, trafficPlan.messagesPerSecond);
    for (; this.sent < due; this.sent += 1) {
      const payload = Buffer.alloc(trafficPlan.bytes, 0x2e);
      payload.writeUInt32BE(this.#first + this.sent);
      const packetId = ((this.#first + this.sent) % 65_535) + 1;
      this.#unanswered.add(packetId);
      this.#sender.write(publishPacket(5, trafficPlan.topic, payload, { packetId }));
    }
  }

  /** Waits until all have arrived and are acknowledged, as long as anything still comes. */
  async #settle(): Promise<void> {
    let waited = 0;
    let seen = this.#arrivals.length;
    while (waited < DEADLINE && (this.record().lost > 0 || this.#unanswered.size > 0)) {
      await sleep(PAUSE);
      waited = this.#arrivals.length === seen ? waited + PAUSE : 0;
      seen = this.#arrivals.length;
    }
    this.#ended = performance.now();
  }
}

/** Milliseconds between two looks at what has arrived. */
const PAUSE = 20;

async function limited<Result>(work: Promise<Result>): Promise<Result> {
  const limit = new AbortController();
  const timeout = sleep(SENDING_LIMIT, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`the work went on for more than ${SENDING_LIMIT / 1000} s`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    limit.abort();
    timeout.catch(() => {});
  }
}
