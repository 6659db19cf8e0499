import { setTimeout as sleep } from "node:timers/promises";
import type { ISubscription } from "mqtt-packet";
import { AttackClient } from "../attack-client.ts";
import type { TrialBroker } from "../trial-broker.ts";
import { type Flood, type FloodOptions, type FloodResult, until } from "./flood.ts";

/** Levels of a topic for which every filter with and without `+` is subscribed to: 4,096 of them match it. */
const LEVELS = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];

/** What is published while there are many subscriptions; it matches the shared ones. */
const SHARED = "abuse/shared";

/** Filters of one SUBSCRIBE. */
const AT_ONCE = 100;

/** Ways for one account to have many subscriptions. */
export const subscriptionFloods: readonly Flood[] = Object.freeze([
  { name: "100,000 subscriptions of one client", run: flood(100_000, (index) => `abuse/many/${index}`) },
  {
    name: "5,000 groups that share a filter",
    run: flood(5_000, (index) => `$share/group-${index}/${SHARED}`),
  },
  { name: "5,000 filters of 150 levels", run: flood(5_000, (index) => `abuse${"/+".repeat(150)}/${index}`) },
  { name: "4,096 filters that match one topic", run: overlapping },
]);

function flood(count: number, filter: (index: number) => string): Flood["run"] {
  return (broker, options) => many(broker, options, Math.round(count * options.scale), filter);
}

async function many(
  broker: TrialBroker,
  { milliseconds }: FloodOptions,
  count: number,
  filter: (index: number) => string,
): Promise<FloodResult> {
  const { client } = await AttackClient.connect(broker, { clientId: "subscribes", version: 5 });
  const filters = Array.from({ length: count }, (_, index) => filter(index));
  await subscribe(client, filters);
  const answered = await client?.isAnswered(milliseconds + 20_000);
  const published = await publishEvenly(broker, milliseconds / 2, SHARED, 20);
  return {
    outcome: `${count} filters ${answered ? "taken" : "not answered"}, ${published} messages`,
    release: () => client?.end(),
  };
}

async function overlapping(broker: TrialBroker, { milliseconds }: FloodOptions): Promise<FloodResult> {
  const { client } = await AttackClient.connect(broker, { clientId: "overlaps", version: 5 });
  client?.readOn();
  const filters = Array.from({ length: 2 ** LEVELS.length }, (_, index) =>
    ["abuse", ...LEVELS.map((level, place) => ((index >> place) & 1 ? "+" : level))].join("/"),
  );
  await subscribe(client, filters);
  await client?.isAnswered(10_000);
  const published = await publishEvenly(broker, milliseconds, ["abuse", ...LEVELS].join("/"), 1);
  return { outcome: `${filters.length} filters, ${published} messages`, release: () => client?.end() };
}

async function subscribe(client: AttackClient | undefined, filters: readonly string[]): Promise<void> {
  for (let start = 0; start < filters.length; start += AT_ONCE) {
    const subscriptions: ISubscription[] = filters
      .slice(start, start + AT_ONCE)
      .map((topic) => ({ topic, qos: 0, nl: false, rap: false, rh: 0 }));
    await client?.send({ cmd: "subscribe", messageId: 1, subscriptions });
  }
}

/** Publishes small messages with a pause of so many milliseconds between, and tells how many. */
async function publishEvenly(
  broker: TrialBroker,
  milliseconds: number,
  topic: string,
  pause: number,
): Promise<number> {
  const { client } = await AttackClient.connect(broker, { clientId: "publishes" });
  const published = await until(milliseconds, async () => {
    await client?.send({ cmd: "publish", topic, payload: "p", qos: 0, dup: false, retain: false });
    await sleep(pause);
  });
  await client?.isAnswered(30_000);
  client?.end();
  return published;
}
