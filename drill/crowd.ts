import { setTimeout as sleep } from "node:timers/promises";
import type { StackOutputs } from "../infra/contract.ts";
import { type Client, connect } from "../smoke-tests/client.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { endpointOf } from "./attempts.ts";
import { Traffic, type TrafficRecord, type TrafficUsers } from "./traffic.ts";

export interface CrowdOptions {
  /** Clients, all on the listener mqtt. @default 1,000 */
  readonly clients?: number;
  /** How many reloads are measured. @default 5 */
  readonly reloads?: number;
}

/** What a crowd of connected clients went through in each reload. */
export interface CrowdRecord {
  readonly clients: number;
  /** How many of them answer in the end. */
  readonly connected: number;
  /** The longest gap in delivery while nothing was done, in milliseconds: what the machine itself brings about. */
  readonly quiet: TrafficRecord;
  readonly reloads: readonly TrafficRecord[];
}

/** Clients that log in at the same time: a listener takes them one by one, and a deadline runs for each. */
const AT_ONCE = 25;

/** How long delivery is measured around one reload, in milliseconds. */
const MEASURED = 1_500;

/**
 * Measures how long a reload stops delivery while many clients are connected, since the broker's one thread
 * hashes the password of each anew.
 *
 * The crowd is of the bystander's user. Its connections have to be allowed by `limits.connectionsPerListener`.
 */
export async function measureCrowd(
  outputs: StackOutputs,
  users: TrafficUsers,
  options: CrowdOptions = {},
): Promise<CrowdRecord> {
  const { clients = 1_000, reloads = 5 } = options;
  const traffic = await Traffic.connect(outputs, users);
  const crowd = await gather(outputs, users.bystander, clients);
  try {
    const { traffic: quiet } = await traffic.during(() => sleep(MEASURED));
    const records: TrafficRecord[] = [];
    for (let index = 0; index < reloads; index += 1) {
      const { traffic: record } = await traffic.during(() => reload(outputs.broker.container));
      records.push(record);
    }
    const answers = await Promise.all(crowd.map((client) => isConnected(client)));
    return { clients, connected: answers.filter(Boolean).length, quiet, reloads: records };
  } finally {
    await Promise.all([traffic, ...crowd].map((each) => each.close()));
  }
}

async function gather(outputs: StackOutputs, user: string, count: number): Promise<readonly Client[]> {
  const site = endpointOf(outputs, "mqtt");
  const clients: Client[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, (_, index) =>
      connect(site, {
        version: index % 2 === 0 ? 5 : 4,
        clientId: `crowd-${process.pid}-${clients.length + index}`,
        keepalive: outputs.limits.keepaliveSeconds,
        ...outputs.credentials[user],
      }),
    );
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

/** The signal alone, as the stack's reload container sends it, so that no update takes the machine's time. */
async function reload(container: string): Promise<void> {
  const { exitCode, stderr } = await dockerCommand(["kill", "--signal", "HUP", container]);
  if (exitCode !== 0) throw new Error(`the broker cannot be made to reload: ${stderr}`);
  await sleep(MEASURED);
}

function isConnected(client: Client): Promise<boolean> {
  return client.ping().then(
    () => true,
    () => false,
  );
}
