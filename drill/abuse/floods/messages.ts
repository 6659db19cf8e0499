import { setTimeout as sleep } from "node:timers/promises";
import type { IPublishPacket } from "mqtt-packet";
import { AttackClient } from "../attack-client.ts";
import { rawPacket, twoBytes } from "../malformed/mqtt-bytes.ts";
import type { TrialBroker } from "../trial-broker.ts";
import { type Flood, type FloodOptions, type FloodResult, times, until } from "./flood.ts";
import { clear } from "./sessions.ts";

const LARGE = Buffer.alloc(200_000, 0x2e);

/** Acknowledgements of identifiers that are not in flight. */
const FOREIGN_ACKNOWLEDGEMENTS = Buffer.concat(
  Array.from({ length: 1_000 }, (_, index) => rawPacket(0x40, twoBytes(65_000 - (index % 50)))),
);

/** Ways for one account to have the broker keep or copy much. */
export const messageFloods: readonly Flood[] = Object.freeze([
  {
    name: "6 readers of QoS 0 that do not read",
    run: (broker, options) => idleReaders(broker, options, { readers: 6, qos: 0 }),
  },
  {
    name: "40 readers of QoS 1 that do not read",
    run: (broker, options) => idleReaders(broker, options, { readers: 40, qos: 1 }),
  },
  {
    name: "6 readers that do not read and acknowledge all the same",
    run: (broker, options) => idleReaders(broker, options, { readers: 6, qos: 1, acknowledge: true }),
  },
  { name: "acknowledgements that search a long queue", run: searchedQueue },
  { name: "10,000 retained topics, asked for again and again", run: retained },
  { name: "retained messages until the memory is full", run: retainedBytes },
]);

interface IdleReaders {
  readonly readers: number;
  readonly qos: 0 | 1;
  /** Whether they acknowledge identifiers that are not in flight. @default false */
  readonly acknowledge?: boolean;
}

const publishes = (topic: string, payload: Buffer, qos: 0 | 1, id: number): IPublishPacket => ({
  cmd: "publish",
  topic,
  payload,
  qos,
  dup: false,
  retain: false,
  messageId: (id % 65_535) + 1,
});

/** Clients that subscribe and read no more, while the same account publishes what they would get. */
async function idleReaders(
  broker: TrialBroker,
  { milliseconds }: FloodOptions,
  { readers, qos, acknowledge = false }: IdleReaders,
): Promise<FloodResult> {
  const clients = await times(readers, 8, async (index) => {
    const { client } = await AttackClient.connect(broker, { clientId: `idle-${index}` });
    await client?.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "abuse/idle", qos }] });
    await client?.isAnswered(2_000);
    client?.stopReading();
    return client;
  });
  let cutOff = 0;
  let publisher: AttackClient | undefined;
  const sent = await until(milliseconds, async (index) => {
    if (publisher === undefined || publisher.closed) {
      if (publisher !== undefined) cutOff += 1;
      publisher = (await AttackClient.connect(broker, { clientId: "feeds" })).client;
      publisher?.readOn();
    }
    await publisher?.send(publishes("abuse/idle", LARGE, qos, index));
    if (acknowledge && index % 20 === 0)
      await Promise.all(clients.map((client) => client?.write(FOREIGN_ACKNOWLEDGEMENTS)));
    await sleep(1);
  });
  const release = () => {
    for (const client of [...clients, publisher]) client?.end();
  };
  return { outcome: `${sent} messages of 200 kB, their publisher cut off ${cutOff} times`, release };
}

/** A session with many messages that wait, and acknowledgements of none of them. */
async function searchedQueue(
  broker: TrialBroker,
  { scale, milliseconds }: FloodOptions,
): Promise<FloodResult> {
  const count = Math.round(90_000 * scale);
  const session = { clientId: "long-queue", clean: false };
  const first = (await AttackClient.connect(broker, session)).client;
  await first?.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "abuse/queue", qos: 1 }] });
  await first?.isAnswered(2_000);
  first?.end();
  const publisher = (await AttackClient.connect(broker, { clientId: "fills" })).client;
  publisher?.readOn();
  for (let index = 0; index < count; index += 1)
    await publisher?.send(publishes("abuse/queue", Buffer.from("waits"), 1, index));
  await publisher?.isAnswered(20_000);
  publisher?.end();
  const reader = (await AttackClient.connect(broker, session)).client;
  reader?.stopReading();
  const rounds = await until(milliseconds, async () => {
    await reader?.write(FOREIGN_ACKNOWLEDGEMENTS);
    await sleep(1);
  });
  const release = async () => {
    reader?.end();
    (await AttackClient.connect(broker, { ...session, clean: true })).client?.end();
  };
  return { outcome: `${count} queued, ${rounds * 1_000} acknowledgements of others`, release };
}

async function retain(broker: TrialBroker, name: string, count: number, bytes: number): Promise<boolean> {
  const { client } = await AttackClient.connect(broker, { clientId: `retains-${name}` });
  client?.readOn();
  const payload = Buffer.alloc(bytes, 0x2e);
  for (let index = 0; index < count && client?.closed === false; index += 1)
    await client.send({ ...publishes(`abuse/${name}/${index}`, payload, 0, index), retain: true });
  const all = (await client?.isAnswered(20_000)) ?? false;
  client?.end();
  return all;
}

async function retained(broker: TrialBroker, { scale, milliseconds }: FloodOptions): Promise<FloodResult> {
  const count = Math.round(10_000 * scale);
  await retain(broker, "retained", count, 100);
  const { client } = await AttackClient.connect(broker, { clientId: "asks" });
  client?.readOn();
  const rounds = await until(milliseconds, async (index) => {
    const subscriptions = [{ topic: "abuse/retained/#", qos: 0 as const }];
    await client?.send({ cmd: "subscribe", messageId: (index % 65_535) + 1, subscriptions });
    await sleep(20);
  });
  const release = async () => {
    client?.end();
    await clear(broker, "retained", count);
  };
  return { outcome: `${count} topics, asked for ${rounds} times`, release };
}

async function retainedBytes(broker: TrialBroker, { scale }: FloodOptions): Promise<FloodResult> {
  const count = Math.round(3_000 * scale);
  const all = await retain(broker, "bytes", count, LARGE.length);
  const outcome = `${count} messages of 200 kB, ${all ? "all taken" : "ended by the broker"}`;
  return { outcome, release: () => clear(broker, "bytes", count) };
}
