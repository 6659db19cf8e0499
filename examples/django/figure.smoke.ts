import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Platform } from "./platform.ts";
import { Publisher } from "./publisher.ts";
import { manage, runPython, ServiceProcess } from "./service-process.ts";

const MESSAGES = 10_000;
const PAIRS = 5;
const topic = "naboom/community/figure";

let platform: Platform;
let publisher: Publisher;

beforeAll(async () => {
  platform = await Platform.create(inject("workbench"));
  publisher = await Publisher.connect(platform.outputs, "publisher");
  await platform.writeSettings("service");
  await platform.writeSettings("bare");
  const migrated = await manage(platform.workplace("service"), "migrate", "--verbosity=0");
  expect(migrated.exitCode, migrated.output).toBe(0);
}, 600_000);

afterAll(async () => {
  await publisher?.close();
  await platform?.remove();
});

describe("on this machine", () => {
  it("at least half as many messages a second are stored in PostgreSQL as a bare aiomqtt subscriber reads", async () => {
    // Both sessions exist before anything is published, so that each finds the same messages waiting.
    await readBare(0);
    await storeAll(0);
    const ratios: number[] = [];
    for (let pair = 1; pair <= PAIRS; pair += 1) {
      await publisher.publish({ topic: `${topic}/${pair}`, count: MESSAGES, ids: true });
      // Whoever comes second meets a broker that is warm: they take turns.
      const order = pair % 2 === 0 ? [readBare, storeAll] : [storeAll, readBare];
      const rates = new Map<unknown, number>();
      for (const take of order) rates.set(take, MESSAGES / (await take(MESSAGES, pair)));
      const [stored = 0, read = 0] = [rates.get(storeAll), rates.get(readBare)];
      ratios.push(stored / read);
      console.log(
        `${stored.toFixed(0)} messages/s stored, ${read.toFixed(0)} messages/s read by the bare one`,
      );
    }
    expect(ratios.toSorted((a, b) => a - b)[Math.floor(PAIRS / 2)]).toBeGreaterThanOrEqual(0.5);
  }, 600_000);
});

/** Lets the service store what waits for it, and gives the seconds from its connection to the last commit. */
async function storeAll(count: number, pair = 0): Promise<number> {
  const service = new ServiceProcess(platform.workplace("service"), "--ssl");
  const { time } = await service.logged("connected");
  const sql = `SELECT count(*) FROM messaging_message WHERE topic = '${topic}/${pair}'`;
  await expect.poll(() => platform.postgres.query(sql), { timeout: 120_000, interval: 500 }).toBe(`${count}`);
  expect((await service.stop()).exitCode).toBe(0);
  const last = await manage(platform.workplace("service"), "mqtt_health", "--json");
  return (Date.parse(JSON.parse(last.output).last_stored_at) - Date.parse(String(time))) / 1_000;
}

/** Lets the bare subscriber read as many, and gives the seconds from its connection to the last one. */
async function readBare(count: number): Promise<number> {
  const environment = await platform.environment("bare");
  const place = { ...platform.workplace("bare"), environment };
  const { exitCode, output } = await runPython(place, "figures/bare_subscriber.py", String(count));
  expect(exitCode, output).toBe(0);
  return count === 0 ? 0 : JSON.parse(output).seconds;
}
