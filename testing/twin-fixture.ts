import { randomBytes, X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { stackOutputs } from "../infra/contract.ts";
import type { AccessRule } from "../mosquitto/acl.ts";
import { packFiles } from "../mosquitto/archive.ts";
import { noClientCertificates } from "../mosquitto/client-certificate.ts";
import { type ClientIdChoice, proofAccounts } from "../mosquitto/client-id.ts";
import { renderConfiguration } from "../mosquitto/configuration.ts";
import { revisionFileNames } from "../mosquitto/layout.ts";
import { defaultLimits, type Limits } from "../mosquitto/limits.ts";
import { type ListenerName, listenerNames, listeners } from "../mosquitto/listener.ts";
import { deriveCredential } from "../mosquitto/password.ts";
import { type Revision, type RevisionUser, renderRevision } from "../mosquitto/revision.ts";
import { issue } from "../mosquitto/trial-certificate.ts";
import type { Target } from "../smoke-tests/target.ts";

/** What the users of a twin may do, and where; @default on every listener */
export type TwinUsers = Readonly<
  Record<string, { readonly rules: readonly AccessRule[]; readonly listeners?: readonly ListenerName[] }>
>;

export interface TwinOptions {
  readonly users: TwinUsers;
  readonly patterns?: readonly AccessRule[];
  readonly limits?: Partial<Limits>;
  readonly clientIds?: ClientIdChoice;
  /** Changes the files behind the back of the outputs. */
  readonly change?: (files: TwinFiles) => Partial<TwinFiles>;
  readonly image: string;
}

/** The files of a revision, by what they are. */
export type TwinFiles = Readonly<Record<keyof typeof revisionFileNames, string>>;

/** A throwaway broker with an empty database, for a test. */
export interface Twin {
  readonly target: Target;
  readonly files: TwinFiles;
  readonly container: string;
  readonly stop: () => Promise<void>;
}

const LETTERS = 64;

/** Starts a broker on files that are rendered as a stack's are, and gives what its stack would say of it. */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const { image, users, patterns = [], clientIds = "free", change = () => ({}) } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { revision, outputs } = await render({ users, patterns, clientIds, limits });
  const right = filesOf(revision);
  const files = { ...right, ...change(right) };
  const container = `naboom-mqtt-test-twin-${randomBytes(4).toString("hex")}`;
  const stop = async () => void (await execa("docker", ["rm", "--force", "--volumes", container]));
  try {
    await run(container, image, await archiveOf(revision, files));
    const addresses = await addressesOf(container);
    await answers(container);
    return {
      target: { outputs: { ...outputs, broker: { ...outputs.broker, container, image } }, addresses },
      files,
      container,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Files go in by stdin, so that no secret is on a command line and nothing is left on a disk. */
async function run(container: string, image: string, archive: Buffer): Promise<void> {
  const script =
    "mkdir /mosquitto/revisions/current && cd /mosquitto/revisions/current && busybox tar -xf - && " +
    "exec mosquitto -c mosquitto.conf";
  const published = listenerNames.flatMap((name) => ["--publish", `127.0.0.1::${listeners[name].port}`]);
  const folders = ["/mosquitto/data", "/mosquitto/revisions"].flatMap((path) => [
    "--tmpfs",
    `${path}:uid=1883,gid=1883,mode=0700`,
  ]);
  const safe = ["--read-only", "--cap-drop", "ALL", "--user", "1883:1883"];
  const about = ["--interactive", "--name", container, "--log-driver", "none"];
  const command = ["--entrypoint", "/bin/sh", image, "-c", script];
  await execa("docker", ["create", ...about, ...safe, ...folders, ...published, ...command]);
  const attached = execa("docker", ["start", "--attach", "--interactive", container], {
    input: archive,
    reject: false,
    stdout: "ignore",
    stderr: "ignore",
  });
  attached.unref();
}

async function addressesOf(container: string): Promise<NonNullable<Target["addresses"]>> {
  const { stdout } = await until(
    () => execa("docker", ["port", container]),
    ({ stdout }) => stdout !== "",
  );
  const ports = new Map(
    [...stdout.matchAll(/^(\d+)\/tcp -> 127\.0\.0\.1:(\d+)$/gm)].map(([, inside, outside]) => [
      Number(inside),
      Number(outside),
    ]),
  );
  return Object.fromEntries(
    listenerNames.map((name) => [name, { host: "127.0.0.1", port: ports.get(listeners[name].port) ?? 0 }]),
  );
}

/** Waits until the broker listens inside of the container: the engine's proxy takes connections before that. */
async function answers(container: string): Promise<void> {
  const ask = `busybox nc 127.0.0.1 ${listeners.wss.port} </dev/null`;
  await until(
    () => execa("docker", ["exec", container, "/bin/sh", "-c", ask], { reject: false }),
    ({ exitCode }) => exitCode === 0,
  );
}

async function until<Result>(ask: () => Promise<Result>, done: (result: Result) => boolean): Promise<Result> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const result = await ask();
    if (done(result)) return result;
    if (Date.now() > deadline) throw new Error("the twin did not start within 20 s");
    await sleep(50);
  }
}

function filesOf({ files }: Revision): TwinFiles {
  const entries = Object.entries(revisionFileNames).map(([what, name]) => [
    what,
    files.find((file) => file.name === name)?.content ?? "",
  ]);
  return Object.fromEntries(entries);
}

async function archiveOf({ files }: Revision, changed: Partial<TwinFiles>): Promise<Buffer> {
  const contents = new Map(
    Object.entries(changed).map(([what, content]) => [revisionFileNames[what as keyof TwinFiles], content]),
  );
  const given = files.map((file) => ({ ...file, content: contents.get(file.name as never) ?? file.content }));
  return Buffer.from(await packFiles(given), "base64");
}

interface Wanted {
  readonly users: TwinUsers;
  readonly patterns: readonly AccessRule[];
  readonly clientIds: ClientIdChoice;
  readonly limits: Limits;
}

async function render({ users, patterns, clientIds, limits }: Wanted) {
  const seed = randomBytes(LETTERS / 2).toString("hex");
  const authority = issue({ name: "Twin CA", authority: true });
  const names = ["localhost", "127.0.0.1"];
  const { pem, keyPem } = issue({ name: "localhost", issuer: authority, names });
  const configuration = renderConfiguration({
    ...{ listeners: listenerNames, limits, memoryBytes: 1_073_741_824, sync: "normal", origins: [] },
    ...{ clientCertificates: noClientCertificates, clientIds },
  });
  const credentialOf = (user: string) => deriveCredential({ seed, user, length: 40 });
  const logIn = (username: string) => ({ username, password: credentialOf(username).password });
  const all = Object.entries(users).map(([name, { rules, listeners: on = listenerNames }]) => ({
    ...{ name, rules, listeners: on },
    proofs: proofAccounts(name, 1, clientIds).map((account) => account.name),
  }));
  const accounts: RevisionUser[] = all.flatMap(({ name, rules, listeners: on, proofs }) =>
    [name, ...proofs].map((account) => ({
      name: account,
      rules,
      listeners: on,
      credential: credentialOf(account),
    })),
  );
  const certificates = { authority: authority.pem, server: pem, key: keyPem };
  const revision = await renderRevision({
    ...{ configuration, listeners: listenerNames, users: accounts, patterns, iterations: 101 },
    ...{ certificates, names, healthcheckSeed: seed },
  });
  const outputs = stackOutputs.parse({
    broker: { container: "twin", image: "image", revision: revision.id },
    listeners: Object.fromEntries(listenerNames.map((name) => [name, listenerOutput(name)])),
    certificates: certificateOutput(pem, authority.pem, names),
    authority: authority.pem,
    users: Object.fromEntries(
      all.map(({ name, rules, listeners: on }) => [name, userOutput(name, rules, on)]),
    ),
    ...{ patterns, clientIds, policy: {}, limits: pick(limits) },
    credentials: Object.fromEntries(all.map(({ name }) => [name, { ...logIn(name), connections: [] }])),
    proofCredentials: Object.fromEntries(all.map(({ name, proofs }) => [name, proofs.map(logIn)])),
  });
  return { revision, outputs };
}

function listenerOutput(name: ListenerName) {
  const { port, tls } = listeners[name];
  const url = `${name}://localhost:${port}`;
  return { url, host: "localhost", port, tls, clientCertificates: "none" };
}

function certificateOutput(server: string, authority: string, names: readonly string[]) {
  const { fingerprint256, validFrom, validTo } = new X509Certificate(server);
  const [issued, expires] = [new Date(validFrom).toISOString(), new Date(validTo).toISOString()];
  const dates = {
    authorityIssued: issued,
    authorityExpires: expires,
    serverIssued: issued,
    serverExpires: expires,
  };
  return { authority, own: false, ...dates, serverFingerprint: fingerprint256, renewalDays: 30, names };
}

function userOutput(name: string, rules: readonly AccessRule[], on: readonly ListenerName[]) {
  const made = { generation: 1, passwordIssued: new Date().toISOString(), certificates: [] };
  return { rules, roles: [], listeners: on, accounts: [name], ...made };
}

function pick({ sessionDays: _, ...limits }: Limits) {
  return limits;
}
