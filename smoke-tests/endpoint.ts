import type { StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn } from "../mosquitto/listener.ts";
import type { AccountPool } from "./account-pool.ts";
import type { ClientKeyPair, Endpoint } from "./client-options.ts";
import { addressOf, type Target } from "./target.ts";

/**
 * Where a target's listener is, and how to come in there.
 *
 * @param accounts whom to log in as, where client ids are the accounts'
 */
export function endpointOf(target: Target, listener: ListenerName, accounts: AccountPool): Endpoint {
  const { listeners, certificates, credentials } = target.outputs;
  const { clientCertificates } = listenerIn(listeners, listener);
  const place = { listener, ...addressOf(target, listener), authority: certificates.authority, accounts };
  if (clientCertificates === "none") return place;
  return { ...place, certificateOf: (username) => certificateOf(credentials, username) };
}

/**
 * Whether a listener asks for a certificate while nobody has one, as no user may log in there or on another such
 * listener: then nobody comes further than the handshake.
 */
export function isClosed(
  { listeners, credentials }: Pick<StackOutputs, "listeners" | "credentials">,
  listener: ListenerName,
): boolean {
  if (listenerIn(listeners, listener).clientCertificates === "none") return false;
  return certificateOf(credentials, undefined) === undefined;
}

/** Why no more is proved of a listener that is closed. */
export const CLOSED =
  "the listener asks for a certificate and no user has one, so that every handshake is refused";

/** A user's certificate; anybody's for who has none, as the listener would not come to look at the password. */
function certificateOf(
  credentials: StackOutputs["credentials"],
  username: string | undefined,
): ClientKeyPair | undefined {
  const all = Object.values(credentials);
  const own = all.find((credential) => credential.username === username)?.clientCertificate;
  return own ?? all.find(({ clientCertificate }) => clientCertificate !== undefined)?.clientCertificate;
}
