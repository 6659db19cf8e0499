import type { LeanClient } from "./lean-client.ts";

/** Messages held back on one connection at a time. */
const MOST = 20;

/**
 * Asks the broker whether it takes a message on each topic, without any being delivered: a QoS 2 message is held
 * by Mosquitto until it is released (MQTT 5, 4.3.3, method A), and its PUBREC has the reason code already. These
 * are never released, and are forgotten with their session. They are empty besides.
 *
 * @param topicsOf the topics, for a client id
 * @param open logs in once more, where what one connection may have on its way is used up; each is closed again
 * @param first used before {@link open} is asked, and left open
 * @returns the reason codes, in the order of the topics
 */
export async function askWithoutDelivery(
  topicsOf: (clientId: string) => readonly string[],
  first: LeanClient,
  open: () => Promise<LeanClient>,
): Promise<number[]> {
  const codes: number[] = [];
  let client = first;
  let free = Math.min(MOST, client.window);
  try {
    for (;;) {
      const some = topicsOf(client.clientId).slice(codes.length, codes.length + free);
      if (free > 0 && some.length === 0) return codes;
      if (free === 0) {
        if (client !== first) await client.close();
        client = await open();
        free = Math.min(MOST, client.window);
        continue;
      }
      const answers = await client.holdBack(some);
      codes.push(...answers);
      // One that is refused is done with (MQTT 5, 4.3.3).
      free -= answers.filter((code) => code < 0x80).length;
    }
  } finally {
    if (client !== first) await client.close();
  }
}
