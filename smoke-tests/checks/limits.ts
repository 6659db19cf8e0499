import { randomBytes } from "node:crypto";
import { connackCode } from "../client.ts";
import { demand, demandSame } from "../expectation.ts";
import { publishHeader, publishPacket } from "../packet.ts";
import { openRoute } from "../policy/route.ts";
import { codeName, IDENTIFIER_REJECTED, PACKET_TOO_LARGE } from "../reason-codes.ts";
import { scratchName } from "../scratch-name.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import type { Site } from "./site.ts";

const SUBJECT = "Limits";

/** A packet of the limit's size is sent for real only up to this many bytes. */
const AFFORDABLE = 1_048_576;

/** The longest keepalive that a CONNECT packet can ask for (MQTT 5, 3.1.2.10). */
const LONGEST_KEEPALIVE = 65_535;

/** Whether the broker keeps its limits, and tells clients of them. */
export function limits(checks: CheckList): void {
  const { packetBytes, keepaliveSeconds } = checks.stack.outputs.limits;

  checks.everywhere(SUBJECT, "a packet of the largest size arrives", async (site) => {
    if (packetBytes > AFFORDABLE) notApplicable(`${packetBytes} bytes are too many for a quick check`);
    const here = site.stack.usersOf(site.listener);
    const route = openRoute(here, here, site.level) ?? openRoute(here, site.stack.users, site.level);
    if (route === undefined) notApplicable("nobody here may send on a scratch topic that any user may read");
    const [from, to] = await Promise.all([site.logIn(route.writer), site.logIn(route.reader)]);
    await to.subscribe([route.topic], 0);
    const sent = payloadFor(site, route.topic, packetBytes);
    from.write(publishPacket(site.version, route.topic, sent));
    const { payload } = await to.arrival(route.topic);
    demand(payload.equals(sent), "the payload as it was sent", "another payload");
  });

  checks.everywhere(SUBJECT, "a larger packet ends the connection", async (site) => {
    const client = await site.logIn(site.user);
    const ended = client.ended("the broker to end the connection");
    // Mosquitto 2.1.2 leaves the bytes of the length itself out of its count, so a few bytes more would pass. It
    // decides as soon as it has read the length; the rest need not follow.
    client.write(publishHeader(packetBytes));
    const reason = await ended;
    if (site.version === 4) return;
    const expected = `DISCONNECT ${codeName(5, PACKET_TOO_LARGE)}`;
    const seen = reason === undefined ? "no DISCONNECT" : `DISCONNECT ${codeName(5, reason)}`;
    demand(reason === PACKET_TOO_LARGE, expected, seen);
  });

  checks.everywhere(
    SUBJECT,
    "the largest packet is announced",
    async (site) => {
      const client = await site.logIn(site.user);
      demandSame("Maximum Packet Size", client.connack.properties?.maximumPacketSize, packetBytes);
    },
    { versions: [5] },
  );

  checks.everywhere(SUBJECT, "too long a keepalive is not granted", async (site) => {
    if (keepaliveSeconds >= LONGEST_KEEPALIVE) notApplicable("the limit is the longest that MQTT has");
    for (const keepalive of [keepaliveSeconds + 1, 0])
      await demandKeepaliveRefused(site, keepalive, keepaliveSeconds);
    const client = await site.logIn(site.user, { keepalive: keepaliveSeconds });
    demandSame(
      "no Server Keep Alive within the limit",
      client.connack.properties?.serverKeepAlive ?? null,
      null,
    );
  });
}

/** MQTT 5 has the server say what it grants instead; MQTT 3.1.1 does not, so Mosquitto refuses the client. */
async function demandKeepaliveRefused(site: Site, keepalive: number, most: number): Promise<void> {
  if (site.version === 5) {
    const client = await site.logIn(site.user, { keepalive });
    demandSame("Server Keep Alive", client.connack.properties?.serverKeepAlive, most);
    return;
  }
  const answer = await connackCode(site.stack.endpoint(site.listener), {
    version: 4,
    clientId: scratchName(),
    ...site.stack.credentialOf(site.user.name),
    keepalive,
  });
  const expected = `CONNACK ${codeName(4, IDENTIFIER_REJECTED)} for a keepalive of ${keepalive} s`;
  demand(answer === IDENTIFIER_REJECTED, expected, `CONNACK ${codeName(4, answer)}`);
}

/** A payload that makes a packet of exactly the limit's size. */
function payloadFor({ version }: Site, topic: string, packetBytes: number): Buffer {
  const overhead = publishPacket(version, topic, Buffer.alloc(packetBytes)).length - packetBytes;
  // The shorter packet may need one byte less for its length.
  const short = publishPacket(version, topic, Buffer.alloc(packetBytes - overhead)).length;
  return randomBytes(packetBytes - overhead + (packetBytes - short));
}
