import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { inject } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import type { UserAccess } from "../mosquitto/acl.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import type { Endpoint } from "./client-options.ts";

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

/** The stack's users with their rules. */
export const users: readonly UserAccess[] = Object.freeze(
  Object.entries(outputs.users).map(([name, { rules }]) => Object.freeze({ name, rules })),
);

/** The user that checks which need only anyone log in as. */
export const firstUser: UserAccess = users[0] ?? missing("the stack's outputs name no user");

/**
 * Of many users, the first are checked on every listener, some more on one listener each, in turn, and all the
 * rest for their log-in only, so that a thousand users do not take minutes.
 */
const THOROUGHLY = Object.freeze({ everywhere: 4, somewhere: 20 });

/** The users whose rights are checked. */
export const checkedUsers: readonly UserAccess[] = Object.freeze(users.slice(0, THOROUGHLY.somewhere));

/** The listeners that a user is checked on. */
export function listenersFor(user: UserAccess): readonly ListenerName[] {
  const index = users.indexOf(user);
  const own = listenerNames[index % listenerNames.length];
  return index < THOROUGHLY.everywhere || own === undefined ? listenerNames : [own];
}

/** How many others a user is looked at together with: one that is checked on every listener, and a further one. */
const COMPANY = Object.freeze({ everywhere: 5, further: 2 });

/** Other users, who may see what a user does and speak to it. */
export function othersThan(user: UserAccess): readonly UserAccess[] {
  const count = users.indexOf(user) < THOROUGHLY.everywhere ? COMPANY.everywhere : COMPANY.further;
  return users.filter(({ name }) => name !== user.name).slice(0, count);
}

/** The CA certificates of the stack, each PEM on its own. */
export const authorities: readonly string[] = Object.freeze(
  outputs.certificates.authority.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
);

/** Where a listener is. */
export function endpoint(listener: ListenerName): Endpoint {
  const { host, port } = outputs.listeners[listener];
  return { listener, host, port, authority: outputs.certificates.authority };
}

/** The account and the password that a user logs in with now; the account's name may differ from the user's. */
export function credentialOf(user: string): { readonly username: string; readonly password: string } {
  return outputs.credentials[user] ?? missing(`the stack's outputs have no credential of ${user}`);
}

/** A topic level or a client id that nobody else uses: `smoke-` and 12 hex digits. */
export function scratchName(): string {
  return `smoke-${randomBytes(6).toString("hex")}`;
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
