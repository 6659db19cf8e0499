import { createHash } from "node:crypto";
import { type AccessRule, renderAcl, type UserAccess } from "./acl.ts";
import { healthcheckAccount, renderHealthcheck } from "./healthcheck.ts";
import { revisionFileNames } from "./layout.ts";
import { type ListenerName, listenerNames } from "./listener.ts";
import { type Credential, deriveCredential, passwordLine } from "./password.ts";

/** One state of all files together, which is delivered and taken over as a whole. */
export interface Revision {
  /** The first 16 hex digits of a SHA-256 over all names and contents. */
  readonly id: string;
  readonly files: readonly RevisionFile[];
}

export interface RevisionFile {
  readonly name: string;
  readonly content: string;
  /** Octal, as chmod takes it. */
  readonly permissions: "0600" | "0644";
}

/** All that a broker is to be. */
export interface RevisionInput {
  /** The text of mosquitto.conf. */
  readonly configuration: string;
  readonly users: readonly RevisionUser[];
  /** Rules for every user, with `%c` in their filters. */
  readonly patterns: readonly AccessRule[];
  /** PBKDF2 iterations of each password line. */
  readonly iterations: number;
  readonly certificates: RevisionCertificates;
  /** The names that the server's certificate is for. */
  readonly names: readonly string[];
  /** A random text of at least 43 letters and digits, which the healthcheck's password is derived from. */
  readonly healthcheckSeed: string;
}

export interface RevisionUser extends UserAccess {
  /** Where the user may log in. */
  readonly listeners: readonly ListenerName[];
  readonly credential: Credential;
}

/** PEM texts. */
export interface RevisionCertificates {
  readonly authority: string;
  readonly server: string;
  readonly key: string;
}

type RevisionFiles = Readonly<Record<keyof typeof revisionFileNames, string>>;

/** Characters of the healthcheck's password. */
const HEALTHCHECK_PASSWORD_LENGTH = 40;

/** Files that anybody may read; every other one is for the broker alone. */
const PUBLIC: ReadonlySet<keyof RevisionFiles> = new Set(["configuration", "authority", "certificate"]);

/**
 * Renders every file of a broker.
 *
 * The healthcheck's password depends on all other files, so it changes with each revision: whoever is
 * let in with it knows that the broker has taken this revision over, and no other.
 */
export async function renderRevision(input: RevisionInput): Promise<Revision> {
  const fixed = {
    configuration: input.configuration,
    acl: renderAcl({ users: [...input.users, healthcheckUser], patterns: input.patterns }),
    authority: input.certificates.authority,
    certificate: input.certificates.server,
    key: input.certificates.key,
  };
  const lines = await passwordLines(input.users, input.iterations);
  const credential = deriveCredential({
    seed: input.healthcheckSeed,
    user: `${healthcheckAccount.name}:${digest([...Object.values(fixed), ...lines.map(describeLine)])}`,
    length: HEALTHCHECK_PASSWORD_LENGTH,
  });
  const line = await passwordLine(healthcheckAccount.name, credential, input.iterations);
  return assemble({
    ...fixed,
    ...passwordFiles([...lines, { line, listeners: [healthcheckAccount.listener] }]),
    healthcheck: renderHealthcheck(input.names, credential.password),
  });
}

/** A line of the password files, and the listeners in whose files it is. */
interface PasswordLine {
  readonly line: string;
  readonly listeners: readonly ListenerName[];
}

function passwordLines(users: readonly RevisionUser[], iterations: number): Promise<PasswordLine[]> {
  return Promise.all(
    users.map(async ({ name, listeners, credential }) => ({
      line: await passwordLine(name, credential, iterations),
      listeners,
    })),
  );
}

function describeLine({ line, listeners }: PasswordLine): string {
  return `${listeners.join()} ${line}`;
}

type PasswordFiles = Readonly<Record<`passwords-${ListenerName}`, string>>;

/** Each listener's password file, which has the lines of those who may log in there, and no other. */
function passwordFiles(lines: readonly PasswordLine[]): PasswordFiles {
  const entries = listenerNames.map((name) => [
    `passwords-${name}`,
    lines
      .filter(({ listeners }) => listeners.includes(name))
      .map(({ line }) => `${line}\n`)
      .join(""),
  ]);
  return Object.fromEntries(entries);
}

/** The first 16 hex digits of a SHA-256 over texts, each with its length before it. */
export function digest(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest("hex").slice(0, 16);
}

const healthcheckUser = Object.freeze({
  name: healthcheckAccount.name,
  rules: Object.freeze([Object.freeze({ access: "read" as const, filter: healthcheckAccount.topic })]),
});

function assemble(files: RevisionFiles): Revision {
  const list = (Object.keys(revisionFileNames) as (keyof RevisionFiles)[]).map((key) => ({
    name: revisionFileNames[key],
    content: files[key],
    permissions: PUBLIC.has(key) ? ("0644" as const) : ("0600" as const),
  }));
  return { id: digest(list.flatMap(({ name, content }) => [name, content])), files: list };
}
