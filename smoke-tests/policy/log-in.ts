import type { ClientOptions, Endpoint } from "../client-options.ts";
import { Unproved } from "../expectation.ts";
import { codeName } from "../reason-codes.ts";
import { LeanClient } from "./lean-client.ts";
import type { Receiver } from "./packets.ts";

/**
 * Logs in.
 *
 * @throws Unproved with the broker's code when it refuses, or with what happened when there was no answer
 */
export async function logIn(
  endpoint: Endpoint,
  options: ClientOptions,
  receive: Receiver = () => {},
): Promise<LeanClient> {
  const { client, code } = await greet(endpoint, options, receive);
  if (code === 0) return client;
  const { username, version } = options;
  const who = username === undefined ? "an anonymous client" : `user ${username}`;
  throw new Unproved(
    `${who} to be let in with ${codeName(version, 0)}`,
    `CONNACK ${codeName(version, code)}`,
  );
}

/** The code of the CONNACK that the broker answers with; a client that is let in is closed at once. */
export async function connackCode(endpoint: Endpoint, options: ClientOptions): Promise<number> {
  const { client, code } = await greet(endpoint, options, () => {});
  await client.close();
  return code;
}

async function greet(endpoint: Endpoint, given: ClientOptions, receive: Receiver) {
  const lease = await endpoint.accounts?.take(given);
  const options = { ...given, ...lease?.logIn };
  const ended = () => lease?.end();
  const client = new LeanClient(endpoint, options, { receive, ended });
  try {
    return { client, code: await client.greeting };
  } catch (error) {
    client.drop();
    throw error;
  }
}
