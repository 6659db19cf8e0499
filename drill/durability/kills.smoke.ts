import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { imageVariable } from "../../infra/image.ts";
import { Random } from "../abuse/malformed/random.ts";
import { TrialBroker } from "../abuse/trial-broker.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";

/** Kills of each kind. */
const KILLS = 15;

let broker: TrialBroker;

beforeAll(async () => {
  broker = await TrialBroker.start({ image: inject("workbench").environment[imageVariable] ?? "" });
});

afterAll(() => broker?.remove());

/** Publishes with both qualities of service until the broker is killed at a random moment, and starts it again. */
async function killUnderLoad(round: string, random: Random): Promise<readonly Publisher[]> {
  const qualities = [1, 2, 1] as const;
  const publishers = await Promise.all(
    qualities.map((qos, i) => Publisher.start(broker, `${round}-${i}`, qos)),
  );
  await sleep(50 + random.below(450));
  await broker.kill();
  for (const publisher of publishers) publisher.stop();
  await broker.restart();
  return publishers;
}

/** Messages that were acknowledged and did not arrive. */
function lost(publishers: readonly Publisher[], { delivered }: Subscriber): readonly string[] {
  return publishers.flatMap(({ acknowledged }) => [...acknowledged].filter((text) => !delivered.has(text)));
}

it("a broker that is killed under load loses no acknowledged message to a session whose client is away", async () => {
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const subscriber = new Subscriber(broker, "absent");
  await subscriber.connect();
  await subscriber.subscribe("bystander/events/#");
  await subscriber.leave();
  let acknowledged = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const publishers = await killUnderLoad(`absent-${round}`, random);
    expect(await subscriber.connect(), "the session is there").toBe(true);
    await subscriber.drain();
    await subscriber.leave();
    expect(lost(publishers, subscriber)).toEqual([]);
    acknowledged += publishers.reduce((sum, publisher) => sum + publisher.acknowledged.size, 0);
  }
  expect(acknowledged).toBeGreaterThan(KILLS * 100);
  console.info(`${KILLS} kills, ${acknowledged} acknowledged messages, 0 lost (seed ${seed})`);
});

it("a broker that is killed while it delivers loses nothing, and gives no QoS 2 message twice", async () => {
  const random = new Random(Date.now() % 1_000_000);
  const subscriber = new Subscriber(broker, "present");
  await subscriber.connect();
  await subscriber.subscribe("bystander/events/#");
  for (let round = 0; round < KILLS; round += 1) {
    const publishers = await killUnderLoad(`present-${round}`, random);
    expect(await subscriber.connect(), "the session is there").toBe(true);
    await subscriber.drain();
    expect(lost(publishers, subscriber)).toEqual([]);
    // The second publisher's quality of service is 2.
    const twice = [...subscriber.delivered].filter(
      ([text, n]) => n > 1 && text.startsWith(`present-${round}-1 `),
    );
    expect(twice).toEqual([]);
  }
  await subscriber.leave();
});

it("retained messages are as they were acknowledged, or newer, after a kill", async () => {
  const publishers = await killUnderLoad("retained", new Random(1));
  const reader = new Subscriber(broker, "reader");
  await reader.connect();
  await reader.subscribe("bystander/state/#");
  await reader.drain();
  const numbers = publishers.map((_, i) => {
    const texts = [...reader.delivered.keys()].filter((text) => text.endsWith(` retained-${i}`));
    return texts.length === 1 ? Number(texts[0]?.split(" ")[1]) : texts;
  });
  publishers.forEach(({ retained }, i) => {
    expect(retained).toBeGreaterThan(0);
    expect(numbers[i]).toBeGreaterThanOrEqual(retained);
  });
  await reader.leave();
});
