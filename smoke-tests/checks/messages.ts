import { demand, demandSame } from "../expectation.ts";
import { clearingPacket } from "../packet.ts";
import { eachAtATime } from "../policy/at-a-time.ts";
import { scratchName } from "../scratch-name.ts";
import { inFlightAtATime, keptWhileAway } from "./allowance.ts";
import type { CheckList } from "./check-list.ts";
import { Residue } from "./residue.ts";
import type { Site } from "./site.ts";

const SUBJECT = "Messages";

/** Seconds that a session or a retained message may outlive a run that is killed; MQTT 5 only. */
const SHORT_LIVED = 120;

/** Whether messages arrive as MQTT says, live, retained, by a will and after an absence. */
export function messages(checks: CheckList): void {
  const residue = new Residue(checks.stack);
  for (const qos of [0, 1, 2] as const) {
    checks.everywhere(SUBJECT, `QoS ${qos}: messages arrive once and in order`, (site) =>
      demandOrder(site, qos),
    );
  }
  checks.everywhere(
    SUBJECT,
    "a retained message is there for later subscribers, until it is cleared",
    (site) => demandRetained(site, residue),
  );
  checks.everywhere(SUBJECT, "a will is sent when a connection is lost, and not after a goodbye", demandWill);
  checks.everywhere(SUBJECT, "a persistent session gets what was sent while its client was away", (site) =>
    demandSession(site, residue),
  );
  checks.addLast("nothing of this run is left on the broker", { subject: SUBJECT }, () =>
    residue.demandNone(),
  );
}

async function demandOrder(site: Site, qos: 0 | 1 | 2): Promise<void> {
  const { writer, reader, topic } = site.route();
  const [from, to] = await Promise.all([site.logIn(writer), site.logIn(reader)]);
  await to.subscribe([topic], qos);
  const payloads = ["first", "second", "third"];
  const { limits } = site.stack.outputs;
  await eachAtATime(payloads, inFlightAtATime(limits, payloads.length), async (payload) => {
    await from.publish(topic, payload, { qos });
    await to.arrival(topic, payload);
  });
  await to.ping();
  const seen = to.received.map((message) => `${message.payload} with QoS ${message.qos}`);
  const expected = payloads.map((payload) => `${payload} with QoS ${qos}`);
  demandSame("messages once and in order", seen, expected);
}

async function demandRetained(site: Site, residue: Residue): Promise<void> {
  const { writer, reader, topic } = site.route();
  residue.leavesRetained({ listener: site.listener, writer: writer.name, reader: reader.name, topic });
  const from = await site.logIn(writer);
  const properties = site.version === 5 ? { properties: { messageExpiryInterval: SHORT_LIVED } } : {};
  await from.publishAllowed(topic, "retained", { retain: true, ...properties });

  const later = await site.logIn(reader);
  await later.subscribe([topic]);
  const { retained, payload } = await later.arrival(topic);
  demand(retained && payload.toString() === "retained", "the message, marked as retained", `${payload}`);

  from.write(clearingPacket(site.version, topic));
  const last = await site.logIn(reader);
  await last.subscribe([topic]);
  await from.publishAllowed(topic, "after");
  await last.arrival(topic, "after");
  const seen = last.received.map((message) => `${message.payload}`);
  demandSame("only what came after", seen, ["after"]);
}

async function demandWill(site: Site): Promise<void> {
  const { writer, reader, topic } = site.route();
  const to = await site.logIn(reader);
  await to.subscribe([topic]);
  const polite = await site.logIn(writer, { will: { topic, payload: "goodbye" } });
  await polite.close();
  const lost = await site.logIn(writer, { will: { topic, payload: "lost" } });
  lost.drop();
  await to.arrival(topic, "lost");
  const seen = to.received.map(({ payload }) => `${payload}`);
  demandSame("the lost client's will only", seen, ["lost"]);
}

async function demandSession(site: Site, residue: Residue): Promise<void> {
  const { writer, reader, topic } = site.route();
  const session = { clientId: scratchName(), clean: false, sessionSeconds: SHORT_LIVED };
  residue.leavesSession({ listener: site.listener, user: reader.name, clientId: session.clientId });
  const first = await site.logIn(reader, session);
  demand(!first.connack.sessionPresent, "a new session", "one that was there before");
  await first.subscribe([topic]);
  await first.close();

  const from = await site.logIn(writer);
  const payloads = ["1", "2", "3"].slice(0, keptWhileAway(site.stack.outputs.limits, 3));
  for (const payload of payloads) await from.publishAllowed(topic, payload);

  const again = await site.logIn(reader, session);
  demand(again.connack.sessionPresent, "the session to be present", "a new session");
  await again.arrival(topic, payloads.at(-1));
  const seen = again.received.map(({ payload }) => `${payload}`);
  demandSame("the queued messages", seen, payloads);
}
