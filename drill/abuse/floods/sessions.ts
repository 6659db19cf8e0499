import { AttackClient, type AttackClientOptions } from "../attack-client.ts";
import type { TrialBroker } from "../trial-broker.ts";
import { type Flood, type FloodOptions, type FloodResult, times } from "./flood.ts";

/** Sessions of one account. */
const SESSIONS = 5_000;

/** Clients with a will, whose connections all end at once. */
const WILLS = 900;
const WILL_BYTES = 60_000;

/** Ways for one account to have many clients. */
export const sessionFloods: readonly Flood[] = Object.freeze([
  { name: "5,000 sessions of one account", run: sessions },
  { name: "900 wills of 60 kB at once", run: wills },
  { name: "one session taken over and over", run: takeovers },
]);

/** A session that is as good as forgotten, so that the abuse leaves nothing behind. */
const FORGET = Object.freeze({ clean: true, version: 4 }) satisfies Partial<AttackClientOptions>;

async function sessions(broker: TrialBroker, { scale }: FloodOptions): Promise<FloodResult> {
  const count = Math.round(SESSIONS * scale);
  const name = (index: number) => `session-${index}`;
  const made = await times(count, 32, async (index) => {
    const { client } = await AttackClient.connect(broker, { clientId: name(index), clean: false });
    client?.end();
    return client !== undefined;
  });
  const taken = made.filter(Boolean).length;
  const release = async () => {
    await times(count, 32, async (index) => {
      (await AttackClient.connect(broker, { clientId: name(index), ...FORGET })).client?.end();
    });
  };
  return { outcome: `${taken} of ${count} taken`, release };
}

async function wills(broker: TrialBroker, { scale }: FloodOptions): Promise<FloodResult> {
  const count = Math.round(WILLS * scale);
  const payload = Buffer.alloc(WILL_BYTES, 0x2e);
  const connected = await times(count, 32, async (index) => {
    const will = { topic: `abuse/will/${index}`, payload, qos: 1 as const, retain: true };
    return (await AttackClient.connect(broker, { clientId: `will-${index}`, will })).client;
  });
  const clients = connected.filter((client) => client !== undefined);
  for (const client of clients) client.end();
  return {
    outcome: `${clients.length} of ${count} taken, retained`,
    release: () => clear(broker, "will", count),
  };
}

async function takeovers(broker: TrialBroker, { scale }: FloodOptions): Promise<FloodResult> {
  const taken = await times(Math.round(2_000 * scale), 16, async () => {
    const { client } = await AttackClient.connect(broker, { clientId: "taken-over", clean: false });
    return client;
  });
  for (const client of taken) client?.end();
  const release = async () =>
    (await AttackClient.connect(broker, { clientId: "taken-over", ...FORGET })).client?.end();
  return { outcome: `${taken.filter((client) => client !== undefined).length} log-ins`, release };
}

/** Clears the retained messages of `abuse/NAME/0` and those that follow. */
export async function clear(broker: TrialBroker, name: string, count: number): Promise<void> {
  const { client } = await AttackClient.connect(broker, { clientId: "clears" });
  client?.readOn();
  const empty = { cmd: "publish", payload: "", qos: 0, dup: false, retain: true } as const;
  for (let index = 0; index < count; index += 1)
    await client?.send({ ...empty, topic: `abuse/${name}/${index}` });
  await client?.isAnswered(10_000);
  client?.end();
}
