import { readFileSync } from "node:fs";
import { env } from "node:process";
import { inject } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import type { UserAccess } from "../mosquitto/acl.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import { openRoute } from "./access.ts";
import { AccountPool } from "./account-pool.ts";
import type { Endpoint } from "./client-options.ts";
import { endpointOf, isClosed as isClosedIn } from "./endpoint.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The outputs of the stack under test; they go from thread to thread, and nowhere else. */
    outputs: StackOutputs;
  }
}

/** The name of the variable with the path of a file of outputs, for a developer who runs vitest directly. */
const OUTPUTS_FILE = "SMOKE_OUTPUTS_FILE";

/** The outputs of the stack under test. */
export const outputs: StackOutputs = readOutputs();

/** A user, what it may do, and where it may log in. */
export interface StackUser extends UserAccess {
  readonly listeners: readonly ListenerName[];
}

/** The stack's users. */
export const users: readonly StackUser[] = Object.freeze(
  Object.entries(outputs.users).map(([name, { rules, listeners }]) =>
    Object.freeze({ name, rules, listeners }),
  ),
);

if (users.length === 0) missing("the stack's outputs name no user");

/** The users that may log in on a listener. */
export function usersOf(listener: ListenerName): readonly StackUser[] {
  return users.filter(({ listeners }) => listeners.includes(listener));
}

/** Where a user's client connects: to the listener that is looked at, or to one that the user may use instead. */
export function listenerFor(name: string, listener: ListenerName): ListenerName {
  const { listeners } = outputs.users[name] ?? missing(`the stack's outputs have no user ${name}`);
  const [first] = listeners;
  return listeners.includes(listener) || first === undefined ? listener : first;
}

/**
 * The user that stands for all others of a listener where something is proved of the listener itself; one that
 * can hear its own messages, if there is any. The matrix tries everybody.
 */
export function representativeOf(listener: ListenerName): StackUser | undefined {
  const here = usersOf(listener);
  return here.find((user) => openRoute([user], [user], "smoke") !== undefined) ?? here[0];
}

/** How many others a user is looked at together with. */
const COMPANY = 5;

/** Other users, who may see what a user does and speak to it. */
export function othersThan(user: UserAccess): readonly StackUser[] {
  return users.filter(({ name }) => name !== user.name).slice(0, COMPANY);
}

/** The CA certificates of the stack, each PEM on its own. */
export const authorities: readonly string[] = Object.freeze(
  outputs.certificates.authority.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
);

const accounts = new AccountPool(outputs, "checks");

/** Where a listener is, and how to come in there. */
export function endpoint(listener: ListenerName): Endpoint {
  return endpointOf({ outputs }, listener, accounts);
}

/** Whether nobody comes further than the handshake on a listener. */
export function isClosed(listener: ListenerName): boolean {
  return isClosedIn(outputs, listener);
}

/** The account and the password that a user logs in with now; the account's name may differ from the user's. */
export function credentialOf(user: string): { readonly username: string; readonly password: string } {
  return outputs.credentials[user] ?? missing(`the stack's outputs have no credential of ${user}`);
}

function readOutputs(): StackOutputs {
  const given = inject("outputs");
  if (given !== undefined) return given;
  const path = env[OUTPUTS_FILE];
  if (path === undefined) {
    missing(`the smoke tests were given no stack; run npm run smoke, or name a file in ${OUTPUTS_FILE}`);
  }
  return stackOutputs.parse(JSON.parse(readFileSync(path, "utf8")));
}

function missing(message: string): never {
  throw new Error(message);
}
