import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { packFiles } from "../mosquitto/archive.ts";
import { noClientCertificates } from "../mosquitto/client-certificate.ts";
import { renderConfiguration } from "../mosquitto/configuration.ts";
import { currentPath, layout } from "../mosquitto/layout.ts";
import { defaultLimits } from "../mosquitto/limits.ts";
import { listenerNames } from "../mosquitto/listener.ts";
import { deriveCredential } from "../mosquitto/password.ts";
import { type Revision, type RevisionUser, renderRevision } from "../mosquitto/revision.ts";
import { issue } from "../mosquitto/trial-certificate.ts";

export interface ReloadMeasurement {
  /** How many users the broker has, each with five rules and on all four listeners. */
  readonly users: number;
  /** The image's reference. */
  readonly image: string;
  /** How often the broker reloads. @default 10 */
  readonly reloads?: number;
  /** What becomes of mosquitto.conf. @default it is as a stack renders it */
  readonly configuration?: (text: string) => string;
}

/** The processor time of a broker for one reload, in milliseconds. */
export interface ReloadTime {
  readonly users: number;
  readonly reloads: number;
  readonly minimum: number;
  readonly median: number;
}

/**
 * Measures the processor time that a broker without clients takes for a reload (SIGHUP).
 *
 * The broker runs on the very files that a stack would render, in a container without a network.
 *
 * @throws Error with the broker's log where it does not start, or ends
 */
export async function measureReload(measurement: ReloadMeasurement): Promise<ReloadTime> {
  const { users, image, reloads = 10 } = measurement;
  const revision = await render(users, measurement.configuration);
  const container = `naboom-mqtt-bench-reload-${randomBytes(4).toString("hex")}`;
  const broker = startBroker(image, container, Buffer.from(await packFiles(revision.files), "base64"));
  try {
    const output = await Promise.race([broker, reload(container, reloads)]);
    const times = output
      .trim()
      .split("\n")
      .map((nanoseconds) => Number(nanoseconds) / 1e6)
      .toSorted((one, other) => one - other);
    const [minimum, median] = [times[0], times[Math.floor(times.length / 2)]];
    if (times.length !== reloads || minimum === undefined || median === undefined || !(minimum > 0))
      throw new Error(`the broker's processor time can't be read: ${output}`);
    return { users, reloads, minimum, median };
  } finally {
    await execa({ reject: false })`docker rm --force ${container}`;
    await broker.catch(() => {});
  }
}

/** Runs a broker on files that it gets over standard input; ends by an error alone. */
async function startBroker(image: string, container: string, archive: Buffer): Promise<never> {
  const folder = (path: string) => `--tmpfs=${path}:uid=${layout.owner},gid=${layout.owner},mode=0700`;
  const owner = `--user=${layout.owner}:${layout.owner}`;
  const script = `mkdir ${layout.current} && tar -xpf - -C ${layout.current} && exec mosquitto -c ${currentPath("configuration")}`;
  const { all } = await execa(
    "docker",
    [
      ...["run", "--rm", "--interactive", `--name=${container}`, "--network=none", "--read-only", owner],
      ...["--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--log-driver=none"],
      ...[folder(layout.revisions), folder(layout.data)],
      ...["--entrypoint=/bin/sh", image, "-c", script],
    ],
    { input: archive, all: true, reject: false },
  );
  throw new Error(`the broker ended: ${all}`);
}

/** What a broker that rests takes at most in a quarter of a second: it looks around ten times a second. */
const IDLE_NANOSECONDS = 3_000_000;

/** Prints, for each reload, the nanoseconds of processor time that it took. */
function reloadScript(reloads: number): string {
  return `set -eu
taken() { cut -d ' ' -f 1 /proc/1/schedstat; }
rest() {
  before=0
  now=$(taken)
  until [ $((now - before)) -lt ${IDLE_NANOSECONDS} ]; do
    before=$now
    sleep 0.25
    now=$(taken)
  done
}
until grep -q ':075B ' /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done
for turn in $(seq ${reloads}); do
  rest
  from=$now
  kill -HUP 1
  sleep 0.25
  rest
  echo $((now - from))
done`;
}

async function reload(container: string, reloads: number): Promise<string> {
  const deadline = Date.now() + 20_000;
  while ((await execa({ reject: false })`docker exec ${container} true`).exitCode !== 0) {
    if (Date.now() > deadline) throw new Error("the broker's container does not start");
  }
  return (await execa("docker", ["exec", container, "/bin/sh", "-c", reloadScript(reloads)])).stdout;
}

const LETTERS_OF_SEED = 48;
const MEMORY_BYTES = 400_000_000;

async function render(count: number, change: (text: string) => string = (text) => text): Promise<Revision> {
  const authority = issue({ name: "Naboom MQTT bench CA", authority: true });
  const server = issue({ name: "localhost", issuer: authority, names: ["localhost", "127.0.0.1"] });
  const seed = randomBytes(LETTERS_OF_SEED).toString("hex");
  const configuration = renderConfiguration({
    listeners: listenerNames,
    limits: defaultLimits,
    memoryBytes: MEMORY_BYTES,
    sync: "normal",
    clientCertificates: noClientCertificates,
    clientIds: "free",
    origins: [],
  });
  return await renderRevision({
    configuration: change(configuration),
    listeners: listenerNames,
    users: Array.from({ length: count }, (_, index) => user(index, seed)),
    patterns: [],
    iterations: 101,
    certificates: { authority: authority.pem, server: server.pem, key: server.keyPem },
    names: ["localhost"],
    healthcheckSeed: seed,
  });
}

function user(index: number, seed: string): RevisionUser {
  const name = `user-${index}`;
  const group = `naboom/groups/${index}`;
  return {
    name,
    rules: [
      { access: "readwrite", filter: `${group}/chat/#` },
      { access: "read", filter: `${group}/events/#` },
      { access: "read", filter: "naboom/community/#" },
      { access: "write", filter: `${group}/events/+` },
      { access: "deny", filter: `${group}/chat/closed/#` },
    ],
    listeners: listenerNames,
    credential: deriveCredential({ seed, user: name, length: 40 }),
  };
}
