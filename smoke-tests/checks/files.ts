import type { StackOutputs } from "../../infra/contract.ts";
import { readDeliveredFiles } from "../../infra/delivered-files.ts";
import { renderAcl, type UserAccess } from "../../mosquitto/acl.ts";
import { type AclFile, readAclFile } from "../../mosquitto/acl-file.ts";
import { connectionAccounts } from "../../mosquitto/client-id.ts";
import type { FilesInForce } from "../../mosquitto/files-in-force.ts";
import { healthcheckAccount } from "../../mosquitto/healthcheck.ts";
import { internalListener, type ListenerName, listenerIn, listenersIn } from "../../mosquitto/listener.ts";
import type { Check } from "../proof.ts";

/** Differences beyond this number are only counted. */
const SHOWN = 3;

/**
 * Proves that the broker's files are those that its stack delivered, and that they say what the outputs say: for
 * every account, also those that no test logs in with, and for rules that no message can prove.
 *
 * @param container the broker's, or a twin's
 * @param read gives the files; a text in their place says why there are none, and fails the check
 */
export async function proveFiles(
  outputs: StackOutputs,
  container: string,
  read: (container: string) => Promise<FilesInForce | string> = readDeliveredFiles,
): Promise<Check[]> {
  const started = performance.now();
  const files = await read(container);
  const milliseconds = Math.round((performance.now() - started) * 10) / 10;
  const about = { subject: "Files", milliseconds } as const;
  if (typeof files === "string") {
    const name = "the broker's files can be looked at";
    return [{ ...about, name, outcome: "failed", expected: "an answer from its container", seen: files }];
  }
  const { revision } = outputs.broker;
  const others = files.revision === revision ? [] : [files.revision];
  const accounts = listenersIn(outputs.listeners).map((listener) => {
    const seen = listDifferences(accountsOn(outputs, listener), files.accounts[listener] ?? []);
    const expected = "every account that may log in here, once, and no other";
    return { ...about, listener, name: NAMES, ...outcome(expected, seen) };
  });
  const internal = listDifferences([healthcheckAccount.name], files.accounts[internalListener.name] ?? []);
  return [
    { ...about, name: BYTES, ...outcome(`revision ${revision}`, others) },
    { ...about, name: RIGHTS, ...outcome("each account's rights", aclDifferences(outputs, files.acl)) },
    { ...about, name: INTERNAL, ...outcome("the healthcheck's account, and no other", internal) },
    ...accounts,
  ];
}

const BYTES = "the files are the ones that the stack delivered, byte for byte";
const RIGHTS = "the ACL file has the rights of every account, and nothing else";
const INTERNAL = "the internal listener's password file has the healthcheck's account, and no other";
const NAMES = "the password file has the accounts that may log in, and no other";

/** The names of the checks. */
export const namesOfFiles: readonly string[] = Object.freeze([BYTES, RIGHTS, INTERNAL, NAMES]);

function outcome(
  expected: string,
  differences: readonly string[],
): Pick<Check, "outcome" | "expected" | "seen"> {
  if (differences.length === 0) return { outcome: "proved" };
  const more = differences.length > SHOWN ? [`${differences.length - SHOWN} more`] : [];
  return { outcome: "failed", expected, seen: [...differences.slice(0, SHOWN), ...more].join("; ") };
}

/** What an ACL file has otherwise than the outputs say. */
function aclDifferences(outputs: StackOutputs, acl: string): readonly string[] {
  const [wanted, given] = [readAclFile(renderAcl(expectedAcl(outputs))), readAclFile(acl)];
  const rights = new Map(wanted.sections.map(({ name, lines }) => [name, lines]));
  const sections = given.sections.flatMap(({ name, lines }) =>
    lineDifferences(name, rights.get(name) ?? [], lines),
  );
  const names = given.sections.map(({ name }) => name);
  return [
    ...listDifferences([...rights.keys()], names).map((each) => `a section: ${each}`),
    ...sections,
    ...wholeDifferences(wanted, given),
  ];
}

function wholeDifferences(wanted: AclFile, given: AclFile): readonly string[] {
  return [
    ...lineDifferences("everyone", wanted.patterns, given.patterns),
    ...lineDifferences("anonymous clients", wanted.anonymous, given.anonymous),
  ];
}

function lineDifferences(
  owner: string,
  wanted: readonly string[],
  given: readonly string[],
): readonly string[] {
  return listDifferences(wanted, given).map((each) => `for ${owner}, ${each}`);
}

/** What is missing in a list, what is too much, and what is there twice. */
function listDifferences(wanted: readonly string[], given: readonly string[]): readonly string[] {
  const [expected, seen] = [new Set(wanted), new Set(given)];
  return [
    ...[...expected].filter((each) => !seen.has(each)).map((each) => `${each} is missing`),
    ...[...seen].filter((each) => !expected.has(each)).map((each) => `${each} is too much`),
    ...(given.length > seen.size ? ["something is there twice"] : []),
  ];
}

function expectedAcl(outputs: StackOutputs): { users: UserAccess[]; patterns: StackOutputs["patterns"] } {
  const { name, topic } = healthcheckAccount;
  const users = Object.entries(outputs.users).flatMap(([user, { rules }]) =>
    [...accountNames(outputs, user), ...certificateNames(outputs, user)].map((each) => ({
      name: each,
      rules,
    })),
  );
  const healthcheck = { name, rules: [{ access: "read" as const, filter: topic }] };
  return { users: [...users, healthcheck], patterns: outputs.patterns };
}

/** Everybody who has a password on a listener. */
function accountsOn(outputs: StackOutputs, listener: ListenerName): readonly string[] {
  const users = Object.keys(outputs.users).filter((user) =>
    outputs.users[user]?.listeners.includes(listener),
  );
  return users.flatMap((user) => accountNames(outputs, user));
}

/** Every name that a user has a password for, the smoke tests' own among them. */
function accountNames(outputs: StackOutputs, user: string): readonly string[] {
  const connections = 1 + (outputs.credentials[user]?.connections.length ?? 0);
  const accounts = (outputs.users[user]?.accounts ?? []).flatMap((name) =>
    connectionAccounts({ name, generation: 1 }, connections).map((account) => account.name),
  );
  return [...accounts, ...(outputs.proofCredentials[user] ?? []).map(({ username }) => username)];
}

/** The names that certificates give a user where they are the identity, but for those that are taken back. */
function certificateNames({ users, listeners }: StackOutputs, user: string): readonly string[] {
  const { certificates = [], listeners: on = [] } = users[user] ?? {};
  if (!on.some((listener) => listenerIn(listeners, listener).clientCertificates === "identity")) return [];
  return certificates.filter(({ revoked }) => !revoked).map(({ name }) => name);
}
