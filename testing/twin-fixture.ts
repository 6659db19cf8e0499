import { randomBytes, X509Certificate } from "node:crypto";
import { stackOutputs } from "../infra/contract.ts";
import { Twin } from "../infra/twin.ts";
import type { AccessRule } from "../mosquitto/acl.ts";
import { packFiles } from "../mosquitto/archive.ts";
import { noClientCertificates } from "../mosquitto/client-certificate.ts";
import { type ClientIdChoice, proofAccounts } from "../mosquitto/client-id.ts";
import { renderConfiguration } from "../mosquitto/configuration.ts";
import { revisionFileNames } from "../mosquitto/layout.ts";
import { defaultLimits, type Limits } from "../mosquitto/limits.ts";
import { type ListenerName, listenerNames, listeners } from "../mosquitto/listener.ts";
import { deriveCredential } from "../mosquitto/password.ts";
import { type RevisionUser, renderRevision } from "../mosquitto/revision.ts";
import { issue } from "../mosquitto/trial-certificate.ts";
import type { Target } from "../smoke-tests/target.ts";

/** What the users of a twin may do, and where; @default on every listener */
export type TwinUsers = Readonly<
  Record<string, { readonly rules: readonly AccessRule[]; readonly listeners?: readonly ListenerName[] }>
>;

export interface TestTwinOptions {
  readonly users: TwinUsers;
  readonly patterns?: readonly AccessRule[];
  readonly limits?: Partial<Limits>;
  readonly clientIds?: ClientIdChoice;
  /** Changes the ACL file behind the back of the outputs. */
  readonly changeAcl?: (acl: string) => string;
  readonly image: string;
}

/** A throwaway broker with an empty database, for a test. */
export interface TestTwin {
  readonly target: Target;
  readonly container: string;
  /** Rejects when the twin ends before it is stopped. */
  readonly lost: Promise<never>;
  readonly stop: () => Promise<void>;
}

const LETTERS = 64;

/** Starts a broker on files that are rendered as a stack's are, and gives what its stack would say of it. */
export async function startTwin(options: TestTwinOptions): Promise<TestTwin> {
  const { image, users, patterns = [], clientIds = "free", changeAcl = (acl) => acl } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { revision, outputs } = await render({ users, patterns, clientIds, limits });
  const files = revision.files.map((file) =>
    file.name === revisionFileNames.acl ? { ...file, content: changeAcl(file.content) } : file,
  );
  const twin = await Twin.start({
    ...{ stack: "test", consequence: "the twin of a test did not stand", image, network: "bridge" },
    listeners: listenerNames,
    files: { archive: Buffer.from(await packFiles(files), "base64") },
  });
  const { container, addresses, lost } = twin;
  return { target: { outputs, addresses }, container, lost, stop: () => twin.stop() };
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
