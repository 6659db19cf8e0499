import { accountNames, accountsOf } from "../mosquitto/account.ts";
import {
  type ClientCertificateUses,
  certificateGenerations,
  certificateName,
  useOn,
} from "../mosquitto/client-certificate.ts";
import { type ClientIdChoice, connectionAccounts } from "../mosquitto/client-id.ts";
import type { Access } from "./access-settings.ts";
import type { UserSettings } from "./user-settings.ts";

/** All of a stack's settings that decide who may do what. */
export interface AccessPolicy extends Access {
  readonly clientCertificates: ClientCertificateUses & { readonly revoked: Readonly<Record<string, string>> };
  readonly clientIds: ClientIdChoice;
}

/** The names that the broker knows a user by: of its accounts, and of certificates that are identities. */
export function loginNames(policy: AccessPolicy, user: string, settings: UserSettings): readonly string[] {
  const uses = settings.listeners.map((listener) => useOn(listener, policy.clientCertificates));
  const accounts = accountsOf(user, settings)
    .flatMap((account) => connectionAccounts(account, settings.connections))
    .map(({ name }) => name);
  const certificates = certificateGenerations(settings)
    .map((generation) => certificateName(user, generation))
    .filter((name) => !Object.hasOwn(policy.clientCertificates.revoked, name));
  return [...accounts, ...(uses.includes("identity") ? certificates : [])];
}

/**
 * Whose a name is that a client logged in with, also with an account or a certificate of the past.
 *
 * What a name has behind a `~`, which no user's own has, says which of the user's connections or certificates it is.
 */
export function userOfLoginName(users: Access["users"], name: string): string | undefined {
  const account = name.replace(/~.*$/s, "");
  if (Object.hasOwn(users, account)) return account;
  return Object.keys(users).find((user) =>
    accountNames(user, users[user]?.rotation ?? "replace").includes(account),
  );
}

/** Whether a client is one of the smoke tests', which log in as every user and prove nothing about use. */
export function isSmokeTest({ account, clientId }: { account: string; clientId: string }): boolean {
  return /^smoke-[0-9a-f]{12}$/.test(clientId) || /~proof-\d+$/.test(account);
}
