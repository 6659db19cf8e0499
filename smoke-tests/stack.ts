import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { inject } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import type { UserAccess } from "../mosquitto/acl.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import type { Endpoint } from "./client.ts";

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

/** Users up to this number are checked on every listener; each further one on one listener, in turn. */
const USERS_EVERYWHERE = 4;

/** The listeners that a user's own rights are checked on. */
export function listenersFor(user: UserAccess): readonly ListenerName[] {
  const index = users.indexOf(user);
  const own = listenerNames[index % listenerNames.length];
  return index < USERS_EVERYWHERE || own === undefined ? listenerNames : [own];
}

/** How many others a user is looked at together with. */
const COMPANY = 20;

/** Other users, who may see what a user does and speak to it. */
export function othersThan(user: UserAccess): readonly UserAccess[] {
  return users.filter(({ name }) => name !== user.name).slice(0, COMPANY);
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

/** A user's password. */
export function passwordOf(name: string): string {
  return outputs.credentials[name]?.password ?? missing(`the stack's outputs have no credential of ${name}`);
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
