import { randomBytes } from "node:crypto";
import { noClientCertificates } from "../../mosquitto/client-certificate.ts";
import { renderConfiguration } from "../../mosquitto/configuration.ts";
import { defaultLimits } from "../../mosquitto/limits.ts";
import { listenerNames } from "../../mosquitto/listener.ts";
import { deriveCredential } from "../../mosquitto/password.ts";
import { type Revision, type RevisionUser, renderRevision } from "../../mosquitto/revision.ts";
import { issue } from "../../mosquitto/trial-certificate.ts";

/** Who there is: one account that abuses the broker, one that has nothing to do with it. */
export type TrialAccount = "abuser" | "bystander";

/** A stack's files, and what its clients need. */
export interface TrialRevision {
  readonly revision: Revision;
  /** The CA's certificate, PEM. */
  readonly authority: string;
  readonly accounts: Readonly<Record<TrialAccount, { readonly username: string; readonly password: string }>>;
}

/** The heap is the part of the container's memory that a stack gives it. */
const HEAP_PART = 0.8;
const MEBIBYTE = 1_048_576;

/** Renders the files of a stack with default limits, and new passwords and certificates. */
export async function renderTrialRevision(
  memoryMegabytes: number,
  change: (configuration: string) => string = (text) => text,
): Promise<TrialRevision> {
  const ca = issue({ name: "Naboom MQTT abuse CA", authority: true });
  const server = issue({ name: "localhost", issuer: ca, names: ["localhost", "127.0.0.1"] });
  const seed = randomBytes(48).toString("hex");
  const user = (name: TrialAccount, topic: string): RevisionUser => ({
    name,
    rules: [{ access: "readwrite", filter: topic }],
    listeners: listenerNames,
    credential: deriveCredential({ seed, user: name, length: 40 }),
  });
  const users = [user("abuser", "abuse/#"), user("bystander", "bystander/#")];
  const configuration = renderConfiguration({
    limits: defaultLimits,
    memoryBytes: Math.floor(memoryMegabytes * MEBIBYTE * HEAP_PART),
    listeners: listenerNames,
    sync: "normal",
    origins: [],
    clientCertificates: noClientCertificates,
    clientIds: "free",
  });
  const revision = await renderRevision({
    configuration: change(configuration),
    listeners: listenerNames,
    users,
    patterns: [],
    iterations: 101,
    certificates: { authority: ca.pem, server: server.pem, key: server.keyPem },
    names: ["localhost"],
    healthcheckSeed: randomBytes(48).toString("hex"),
  });
  return { revision, authority: ca.pem, accounts: accounts(users) };
}

function accounts(users: readonly RevisionUser[]): TrialRevision["accounts"] {
  const entries = users.map(({ name, credential }) => [
    name,
    { username: name, password: credential?.password ?? "" },
  ]);
  return Object.fromEntries(entries);
}
