import { within } from "../expectation.ts";
import { publishPacket } from "../packet.ts";
import type { Connection } from "./connection.ts";

/** Messages held back on one connection at a time. */
const MOST = 20;

/**
 * Asks the broker whether it takes a message on each topic, without any being delivered: a QoS 2 message is held
 * by Mosquitto until it is released (MQTT 5, 4.3.3, method A), and its PUBREC has the reason code already. These
 * are never released, and are forgotten with their session. They are empty besides.
 *
 * @param open logs in once more; each connection is closed again
 * @returns the reason codes, by topic
 */
export async function askWithoutDelivery(
  topics: readonly string[],
  open: () => Promise<Connection>,
): Promise<ReadonlyMap<string, number>> {
  const codes = new Map<string, number>();
  for (let from = 0; from < topics.length; ) {
    const connection = await open();
    try {
      const some = topics.slice(from, from + Math.min(MOST, connection.window));
      from += some.length;
      for (const [topic, code] of await hold(connection, some)) codes.set(topic, code);
    } finally {
      await connection.close();
    }
  }
  return codes;
}

/** Sends one message on each topic, and gives the reason codes while all of them are held. */
export function hold(
  { client }: Connection,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return within(`an answer to ${topics.length} QoS 2 messages`, (resolve) => {
    const codes = new Map<string, number>();
    client.onPacket((packet) => {
      if (packet.cmd !== "pubrec") return;
      const topic = topics[(packet.messageId ?? 0) - 1];
      if (topic !== undefined) codes.set(topic, packet.reasonCode ?? 0);
      if (codes.size === topics.length) resolve(codes);
    });
    const packets = topics.map((topic, index) =>
      publishPacket(5, topic, Buffer.alloc(0), { packetId: index + 1, qos: 2 }),
    );
    client.write(Buffer.concat(packets));
  });
}
