import type { StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn } from "../mosquitto/listener.ts";
import { type Client, connect } from "./client.ts";
import { DEADLINE, Unproved } from "./expectation.ts";
import { publishPacket } from "./packet.ts";
import { openRoute } from "./policy/route.ts";

export interface BurstOptions {
  /** @default mqtt */
  readonly listener?: ListenerName;
  /** At most 65,535, as each has a packet id of its own. @default 20,000 */
  readonly messages?: number;
  /** Bytes of each payload, at least 4. @default 64 */
  readonly bytes?: number;
}

/** What came of a burst in which nothing was lost. */
export interface Burst {
  readonly messages: number;
  /** From the first byte sent to the last message received. */
  readonly seconds: number;
}

/**
 * Proves that a burst of QoS 1 messages to a connected subscriber loses none: all are sent at once, without
 * waiting for an answer, and each has to be acknowledged and has to arrive.
 *
 * It needs a user of the listener who may send on a scratch topic that a user of the listener may read.
 *
 * @throws Unproved with the number of messages that were acknowledged and that arrived, once for 3 seconds
 *   neither has grown.
 */
export async function proveBurst(outputs: StackOutputs, options: BurstOptions = {}): Promise<Burst> {
  const { listener = "mqtt", messages = 20_000, bytes = 64 } = options;
  const level = `smoke-${process.pid}-${Date.now()}`;
  const users = Object.entries(outputs.users)
    .filter(([, { listeners }]) => listeners.includes(listener))
    .map(([name, { rules }]) => ({ name, rules }));
  const route = openRoute(users, users, level);
  if (route === undefined) {
    throw new Unproved("a user who may send on a scratch topic that a user may read", "none in the outputs");
  }
  const { host, port } = listenerIn(outputs.listeners, listener);
  const open = (user: string, role: string) =>
    connect(
      { listener, host, port, authority: outputs.certificates.authority },
      { ...outputs.credentials[user], version: 4, clientId: `${level}-${role}` },
    );
  const from = await open(route.writer.name, "from");
  const to = await open(route.reader.name, "to");
  try {
    await to.subscribe([route.topic], 1);
    return await measure(from, to, burst(route.topic, messages, bytes));
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

/** Numbered messages as the bytes of their packets. */
function burst(topic: string, messages: number, bytes: number): Buffer[] {
  return Array.from({ length: messages }, (_, index) => {
    const payload = Buffer.alloc(bytes, 0x2e);
    payload.writeUInt32BE(index);
    return publishPacket(4, topic, payload, { packetId: index + 1 });
  });
}

async function measure(from: Client, to: Client, packets: readonly Buffer[]): Promise<Burst> {
  const acknowledged = new Set<number>();
  const arrived = new Set<number>();
  const complete = new Promise<void>((resolve, reject) => {
    let timer = setTimeout(() => {}, 0);
    const progress = () => {
      clearTimeout(timer);
      if (acknowledged.size === packets.length && arrived.size === packets.length) resolve();
      else timer = setTimeout(() => reject(lost(packets.length, acknowledged.size, arrived.size)), DEADLINE);
    };
    from.onPacket((packet) => {
      if (packet.cmd === "puback" && packet.messageId !== undefined) acknowledged.add(packet.messageId);
      progress();
    });
    to.onPacket((packet) => {
      if (packet.cmd === "publish") arrived.add(Buffer.from(packet.payload).readUInt32BE());
      progress();
    });
    progress();
  });
  const started = performance.now();
  from.write(Buffer.concat(packets));
  await complete;
  return { messages: packets.length, seconds: Math.round(performance.now() - started) / 1000 };
}

function lost(messages: number, acknowledged: number, arrived: number): Unproved {
  return new Unproved(
    `all of ${messages} QoS 1 messages to be acknowledged and to arrive`,
    `${acknowledged} acknowledged and ${arrived} arrived`,
  );
}
