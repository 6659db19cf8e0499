import { type TestContext, test } from "vitest";
import type { UserAccess } from "../mosquitto/acl.ts";
import { type ListenerName, listenersIn } from "../mosquitto/listener.ts";
import { openRoute, type Route } from "./access.ts";
import { type Client, connect } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import type { CheckPlace, Subject } from "./proof.ts";
import { type ProtocolVersion, protocolVersions } from "./reason-codes.ts";
import { scratchName } from "./scratch-name.ts";
import {
  credentialOf,
  endpoint,
  listenerFor,
  outputs,
  representativeOf,
  type StackUser,
  users,
  usersOf,
} from "./stack.ts";
import { Turns } from "./turns.ts";

declare module "vitest" {
  interface TaskMeta {
    check?: CheckPlace;
  }
}

export interface CheckOptions {
  /** @default all that are on */
  readonly listeners?: readonly ListenerName[];
  /** @default both */
  readonly versions?: readonly ProtocolVersion[];
  readonly user?: string;
}

/** Makes one check, beside all others of its file. */
export function check(name: string, place: CheckPlace, body: () => Promise<void>): void {
  test.concurrent(name, { meta: { check: place } }, (context) => skippable(context, body));
}

/** Makes one check when all those before it in its file have ended. */
export function lastCheck(name: string, place: CheckPlace, body: () => Promise<void>): void {
  test(name, { meta: { check: place } }, (context) => skippable(context, body));
}

/** Makes a check on each listener, with each version of the protocol, and closes every client that it opened. */
export function checkEverywhere(
  subject: Subject,
  name: string,
  body: (site: Site) => Promise<void>,
  { listeners = listenersIn(outputs.listeners), versions = protocolVersions, user }: CheckOptions = {},
): void {
  for (const listener of listeners) {
    for (const version of versions) {
      const place = { subject, listener, version, ...(user === undefined ? {} : { user }) };
      check(name, place, async () => {
        await turns.take(async () => {
          const site = new Site(listener, version);
          try {
            await body(site);
          } finally {
            await site.close();
          }
        });
      });
    }
  }
}

/** Where each connection takes an account, checks that hold some and wait for more could wait for each other. */
const turns = new Turns(outputs.clientIds === "own" ? 4 : Number.POSITIVE_INFINITY);

/** One listener and one version of the protocol, as one check has them for itself. */
export class Site {
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  /** A topic level that only this check uses. */
  readonly level = scratchName();
  readonly #clients: Client[] = [];

  constructor(listener: ListenerName, version: ProtocolVersion) {
    this.listener = listener;
    this.version = version;
  }

  /**
   * Logs a user in with the right password, on another listener where it may not use this one; the client is
   * closed when the check ends.
   */
  async logIn(user: UserAccess, options: Partial<ClientOptions> = {}): Promise<Client> {
    const client = await connect(endpoint(listenerFor(user.name, this.listener)), {
      version: this.version,
      clientId: scratchName(),
      ...credentialOf(user.name),
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/** The user that stands for all others of a listener. */
export function userOf(listener: ListenerName): StackUser {
  return representativeOf(listener) ?? notApplicable(`no user may log in on ${listener}`);
}

/** Makes a check on each listener, about the user that stands for all others there. */
export function checkRepresentatives(
  subject: Subject,
  name: string,
  body: (site: Site, user: StackUser) => Promise<void>,
  { versions = protocolVersions }: Pick<CheckOptions, "versions"> = {},
): void {
  for (const listener of listenersIn(outputs.listeners)) {
    const user = representativeOf(listener);
    const options = { listeners: [listener], versions, ...(user === undefined ? {} : { user: user.name }) };
    checkEverywhere(subject, name, (site) => body(site, userOf(listener)), options);
  }
}

/** A way of a message on which the writer, the reader or best both use the listener of the check. */
export function routeOf({ listener, level }: Site): Route {
  const here = usersOf(listener);
  return (
    openRoute(here, here, level) ??
    openRoute(here, users, level) ??
    openRoute(users, here, level) ??
    notApplicable("no user may send on a scratch topic that any user may read, with either on this listener")
  );
}

class NotApplicable extends Error {}

/** Ends a check as one that these users or this broker leave no room for; it is reported as such. */
export function notApplicable(reason: string): never {
  throw new NotApplicable(reason);
}

async function skippable(context: TestContext, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (error instanceof NotApplicable) context.skip(error.message);
    throw error;
  }
}
