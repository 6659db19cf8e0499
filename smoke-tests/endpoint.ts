import type { StackOutputs } from "../infra/contract.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import type { AccountPool } from "./account-pool.ts";
import type { ClientKeyPair, Endpoint } from "./client-options.ts";

/**
 * Where a stack's listener is, and how to come in there.
 *
 * @param accounts whom to log in as, where client ids are the accounts'
 */
export function endpointOf(
  { listeners, certificates, credentials }: StackOutputs,
  listener: ListenerName,
  accounts: AccountPool,
): Endpoint {
  const { host, port, clientCertificates } = listeners[listener];
  const place = { listener, host, port, authority: certificates.authority, accounts };
  if (clientCertificates === "none") return place;
  return { ...place, certificateOf: (username) => certificateOf(credentials, username) };
}

/** A user's certificate; anybody's for who has none, as the listener would not come to look at the password. */
function certificateOf(
  credentials: StackOutputs["credentials"],
  username: string | undefined,
): ClientKeyPair | undefined {
  const all = Object.values(credentials);
  const own = all.find((credential) => credential.username === username)?.clientCertificate;
  return own ?? all.find(({ clientCertificate }) => clientCertificate !== undefined)?.clientCertificate;
}
