import type { Account } from "./account.ts";

/**
 * Who chooses a client's id.
 *
 * With `free` the client does, and may choose one that another user's client has, which is then disconnected and
 * loses its session to the newcomer (MQTT 5, 3.1.4-3). With `own` each client has its account's name for an id,
 * whatever it asks for (mosquitto.conf(5), `use_username_as_clientid`), so an account has one connection.
 */
export const clientIdChoices = ["free", "own"] as const;

export type ClientIdChoice = (typeof clientIdChoices)[number];

/**
 * Connections that the smoke tests may have as one user at a time, where client ids are the accounts'. They have
 * accounts of their own for them, with the user's rights: with the user's they would end its client's session.
 */
const PROOF_CONNECTIONS = 32;

/** An account for each of the connections that a user's clients may have at a time; the first is the account itself. */
export function connectionAccounts(account: Account, connections: number): readonly [Account, ...Account[]] {
  const others = Array.from({ length: connections - 1 }, (_, index) => ({
    ...account,
    name: `${account.name}~connection-${index + 2}`,
  }));
  return [account, ...others];
}

/** The accounts that the smoke tests have as a user, where client ids are the accounts'. */
export function proofAccounts(user: string, generation: number, choice: ClientIdChoice): readonly Account[] {
  if (choice === "free") return [];
  return Array.from({ length: PROOF_CONNECTIONS }, (_, index) => ({
    name: `${user}~proof-${index + 1}`,
    generation,
  }));
}
