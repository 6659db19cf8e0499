import type { StackListener, StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn } from "../mosquitto/listener.ts";
import { chooseTopics, type Topics } from "./topics.ts";

/** A name and a password, and the id that goes with them. */
export interface Account {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

/** One client of a broker: where it connects, who it is there, and what it may talk about. */
export interface Connection extends Account, Topics, StackListener {
  readonly user: string;
  readonly listener: ListenerName;
  /** Every listener that the user may log in on. */
  readonly listeners: Readonly<Partial<Record<ListenerName, StackListener>>>;
  /** The CA certificates to trust, PEM. */
  readonly authority: string;
  /** Seconds. */
  readonly keepalive: number;
  /** The client's certificate and key, PEM, where a listener of the user's asks for one. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** Another client of the same user, for a program that publishes while the first one listens. */
  readonly publisher: Account;
}

/** Seconds between two signs of life, as in the reference document. */
const KEEPALIVE = 60;

export interface ConnectionRequest {
  /** A user of the outputs. */
  readonly user: string;
  /** One that the user may log in on. */
  readonly listener: ListenerName;
  /** One of {@link clientIdsOf} where those are given. */
  readonly clientId: string;
}

/** The ids that a user's clients have, where a client has its account's name for one; else none, as any will do. */
export function clientIdsOf(outputs: StackOutputs, user: string): readonly string[] | undefined {
  return outputs.clientIds === "own" ? accountsOf(outputs, user).map(({ username }) => username) : undefined;
}

/**
 * Reads a client's connection from a stack's outputs.
 *
 * @throws Error where the user, the listener or the client id is not one that the outputs allow
 */
export function describeConnection(outputs: StackOutputs, request: ConnectionRequest): Connection {
  const { user, listener } = request;
  const { users, authority, limits, credentials } = outputs;
  const allowed = users[user]?.listeners ?? [];
  if (!allowed.includes(listener)) throw new Error(`${user} is no user of ${listener}`);
  const account = accountFor(outputs, request);
  const { clientCertificate } = credentials[user] ?? {};
  return {
    ...listenerIn(outputs.listeners, listener),
    ...account,
    ...chooseTopics(rulesOf(outputs, user), outputs.patterns, {
      username: identityOn(outputs, request) ?? account.username,
      clientId: account.clientId,
    }),
    ...{ user, listener, authority },
    listeners: Object.fromEntries(allowed.map((name) => [name, listenerIn(outputs.listeners, name)])),
    keepalive: Math.min(KEEPALIVE, limits.keepaliveSeconds),
    publisher: publisherBeside(outputs, user, account),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

function accountsOf(
  { credentials }: StackOutputs,
  user: string,
): StackOutputs["credentials"][string]["connections"] {
  const own = credentials[user];
  return own === undefined ? [] : [{ username: own.username, password: own.password }, ...own.connections];
}

function accountFor(outputs: StackOutputs, { user, clientId }: ConnectionRequest): Account {
  const accounts = accountsOf(outputs, user);
  const account =
    outputs.clientIds === "own" ? accounts.find(({ username }) => username === clientId) : accounts[0];
  if (account === undefined) throw new Error(`${user} has no account for the client id ${clientId}`);
  return { clientId, ...account };
}

/** With ids that are the accounts', the account that follows, if the user has several. */
function publisherBeside(outputs: StackOutputs, user: string, account: Account): Account {
  if (outputs.clientIds === "free") return { ...account, clientId: `${account.clientId}-publisher` };
  const accounts = accountsOf(outputs, user);
  const place = accounts.findIndex(({ username }) => username === account.username);
  const next = accounts[(place + 1) % accounts.length];
  return next === undefined ? account : { ...next, clientId: next.username };
}

function rulesOf({ users }: StackOutputs, user: string): StackOutputs["users"][string]["rules"] {
  return users[user]?.rules ?? [];
}

/** Who the broker takes a client for by its certificate, where that is what counts. */
function identityOn(outputs: StackOutputs, { user, listener }: ConnectionRequest): string | undefined {
  if (listenerIn(outputs.listeners, listener).clientCertificates !== "identity") return undefined;
  return outputs.users[user]?.certificates.find(({ revoked }) => !revoked)?.name;
}
