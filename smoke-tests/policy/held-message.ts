import type { ListenerName } from "../../mosquitto/listener.ts";
import { demand, Unproved } from "../expectation.ts";
import type { Check } from "../proof.ts";
import { scratchName } from "../scratch-name.ts";
import { Connection, type Entrance } from "./connection.ts";
import { neighbouringTopics } from "./neighbouring-topics.ts";
import type { Policy, PolicyUser } from "./policy.ts";
import { SCRATCH } from "./probe.ts";
import { hold } from "./unreleased-publish.ts";

const PLACE = Object.freeze({
  subject: "Policy",
  name: "a QoS 2 message that is not released reaches nobody",
  milliseconds: 0,
} as const);

/**
 * Proves on a scratch topic that the broker holds a QoS 2 message until it is released, which is what topics in
 * real use are asked about with: one that is held does not come, one that is sent after it does.
 */
export async function demandHolding(
  policy: Policy,
  entrance: (user: PolicyUser, listener: ListenerName) => Entrance,
): Promise<Check> {
  const route = routeOf(policy);
  if (route === undefined) {
    const reason = "no user may send on a scratch topic that any user may read";
    return { ...PLACE, outcome: "not applicable", reason };
  }
  const [from, to] = [route.writer, route.reader].map((user) => {
    const [listener = "mqtt"] = user.listeners;
    return new Connection(user, listener, { clientId: scratchName(), scratch: scratchName() });
  }) as [Connection, Connection];
  try {
    for (const connection of [from, to])
      await connection.open(entrance(connection.user, connection.listener));
    await demandHeld(from, to, to.topic(route.topic));
    return { ...PLACE, outcome: "proved" };
  } catch (error) {
    if (!(error instanceof Unproved)) throw error;
    return { ...PLACE, outcome: "failed", expected: error.expected, seen: error.actual };
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

async function demandHeld(from: Connection, to: Connection, topic: string): Promise<void> {
  to.filters.add(topic);
  await to.subscribe();
  await hold(from, [topic]);
  const before = to.client.received.length;
  // With QoS 0, as the message that is held may fill the window; the broker has it once it answers the ping.
  await from.client.publish(topic, from.payload("live"), { qos: 0 });
  await from.client.ping();
  await to.client.ping();
  demand(to.hasReceived({ topic, from, kind: "live" }), `a message on ${topic}`, "none");
  const seen = to.client.received.length - before;
  demand(before === 0 && seen === 1, "only the message that was not held", `${before + seen} messages`);
}

function routeOf(policy: Policy) {
  for (const filter of policy.filters("write")) {
    const [topic = filter] = neighbouringTopics(filter, SCRATCH).inside;
    if (filter.startsWith("$") || !topic.split("/").includes(SCRATCH)) continue;
    const writer = policy.capable("write", topic).next().value;
    const reader = policy.capable("read", topic).next().value;
    if (writer !== undefined && reader !== undefined) return { topic, writer, reader };
  }
  return undefined;
}
