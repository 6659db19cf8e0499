import mqtt from "mqtt";
import type { StackOutputs } from "../../infra/contract.ts";
import { listenerIn } from "../../mosquitto/listener.ts";

/** What has come on a topic so far, as text. */
export interface Subscriber {
  readonly received: readonly string[];
  readonly close: () => Promise<void>;
}

/** Subscribes to a topic as a user, in a session that outlives the broker's restart. */
export async function listen(outputs: StackOutputs, user: string, topic: string): Promise<Subscriber> {
  const { host, port } = listenerIn(outputs.listeners, "mqtt");
  const session = { clientId: "listener", clean: false, properties: { sessionExpiryInterval: 600 } };
  const options = {
    protocolVersion: 5 as const,
    reconnectPeriod: 250,
    ...outputs.credentials[user],
    ...session,
  };
  const client = mqtt.connect({ host, port, ...options });
  const received: string[] = [];
  client.on("message", (_, payload) => received.push(payload.toString()));
  // A broker that is away is what the tests are about: mqtt.js goes on trying.
  client.on("error", () => undefined);
  await client.subscribeAsync(topic, { qos: 1 });
  return { received, close: () => client.endAsync(true) };
}
