import { createHash } from "node:crypto";
import { type AccessRule, renderAcl, type UserAccess } from "./acl.ts";
import { healthcheckAccount, renderHealthcheck } from "./healthcheck.ts";
import { clientCertificateFileNames, revisionFileNames } from "./layout.ts";
import { type AnyListenerName, internalListener, type ListenerName } from "./listener.ts";
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
  /** The listeners that are on. */
  readonly listeners: readonly ListenerName[];
  readonly users: readonly RevisionUser[];
  /** Rules for every user, with `%c` in their filters. */
  readonly patterns: readonly AccessRule[];
  /** PBKDF2 iterations of each password line. */
  readonly iterations: number;
  readonly certificates: RevisionCertificates;
  /** What the broker asks clients' certificates for and checks them by. @default no listener asks for any */
  readonly clientCertificates?: ClientCertificateFiles | undefined;
  /** The names that the server's certificate is for. */
  readonly names: readonly string[];
  /** A random text of at least 43 letters and digits, which the healthcheck's password is derived from. */
  readonly healthcheckSeed: string;
}

export interface RevisionUser extends UserAccess {
  /** Where the user may log in with the password. */
  readonly listeners: readonly ListenerName[];
  /** None for a name that only a client certificate has. */
  readonly credential?: Credential | undefined;
}

/** PEM texts. */
export interface RevisionCertificates {
  readonly authority: string;
  readonly server: string;
  readonly key: string;
}

/** PEM texts. */
export interface ClientCertificateFiles {
  /** The authority that issues the certificates of clients. */
  readonly clientAuthority: string;
  /** Its revocation list. */
  readonly revocations: string;
}

type PasswordFiles = Readonly<Partial<Record<`passwords-${AnyListenerName}`, string>>>;

type RevisionFiles = Readonly<Record<Exclude<keyof typeof revisionFileNames, keyof PasswordFiles>, string>> &
  PasswordFiles &
  Partial<ClientCertificateFiles>;

/** Characters of the healthcheck's password. */
const HEALTHCHECK_PASSWORD_LENGTH = 40;

/** Files that anybody may read; every other one is for the broker alone. */
const PUBLIC: ReadonlySet<keyof RevisionFiles> = new Set([
  "configuration",
  "authority",
  "certificate",
  "clientAuthority",
  "revocations",
]);

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
    ...input.clientCertificates,
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
    ...passwordFiles(
      [...input.listeners, internalListener.name],
      [...lines, { line, listeners: [internalListener.name] }],
    ),
    healthcheck: renderHealthcheck(input.names, credential.password),
  });
}

/** A line of the password files, and the listeners in whose files it is. */
interface PasswordLine {
  readonly line: string;
  readonly listeners: readonly AnyListenerName[];
}

async function passwordLines(
  users: readonly RevisionUser[],
  iterations: number,
): Promise<readonly PasswordLine[]> {
  const lines = users.map(async ({ name, listeners, credential }) =>
    credential === undefined ? [] : [{ line: await passwordLine(name, credential, iterations), listeners }],
  );
  return (await Promise.all(lines)).flat();
}

function describeLine({ line, listeners }: PasswordLine): string {
  return `${listeners.join()} ${line}`;
}

/** Each listener's password file, which has the lines of those who may log in there, and no other. */
function passwordFiles(on: readonly AnyListenerName[], lines: readonly PasswordLine[]): PasswordFiles {
  const entries = on.map((name) => [
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
  const names = { ...revisionFileNames, ...clientCertificateFileNames };
  const list = (Object.keys(names) as (keyof RevisionFiles)[]).flatMap((key) => {
    const content = files[key];
    const permissions = PUBLIC.has(key) ? ("0644" as const) : ("0600" as const);
    return content === undefined ? [] : [{ name: names[key], content, permissions }];
  });
  return { id: digest(list.flatMap(({ name, content }) => [name, content])), files: list };
}
