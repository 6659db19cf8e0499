import type { ListenerName } from "./listener.ts";

/**
 * What a TLS listener makes of clients' certificates.
 *
 * With `besides-password` a client shows a certificate of the stack's and logs in as ever; with `identity` the
 * certificate's name is the user's, and no password is looked at.
 */
export const clientCertificateUses = ["none", "besides-password", "identity"] as const;

export type ClientCertificateUse = (typeof clientCertificateUses)[number];

/** The listeners that can ask for certificates. */
export const certificateListeners = ["mqtts", "wss"] as const;

export type ClientCertificateUses = Readonly<
  Record<(typeof certificateListeners)[number], ClientCertificateUse>
>;

/** No listener asks for a certificate. */
export const noClientCertificates: ClientCertificateUses = Object.freeze({ mqtts: "none", wss: "none" });

/** What a listener makes of clients' certificates; the plain ones see none. */
export function useOn(listener: ListenerName, uses: ClientCertificateUses): ClientCertificateUse {
  return listener === "mqtts" || listener === "wss" ? uses[listener] : "none";
}

/** Whether any listener asks for certificates. */
export function areUsed(uses: ClientCertificateUses): boolean {
  return certificateListeners.some((name) => uses[name] !== "none");
}

/**
 * The name in a user's certificate, which the broker knows its owner by with `identity`.
 *
 * Each generation has its own, so that a certificate that is taken back loses its rights at the next reload
 * even where its owner stays connected: the broker looks at a revocation list in handshakes only. No user's
 * own name has a `~` in it.
 */
export function certificateName(user: string, generation: number): string {
  return `${user}~${generation}`;
}

/** The generations that have certificates: the current one, and the one before, so that clients can move over. */
export function certificateGenerations(user: { readonly certificateGeneration: number }): readonly number[] {
  const current = user.certificateGeneration;
  return current > 1 ? [current, current - 1] : [current];
}

/** Whether a user who may log in on these listeners has a use for a certificate. */
export function needsCertificate(on: readonly ListenerName[], uses: ClientCertificateUses): boolean {
  return on.some((name) => useOn(name, uses) !== "none");
}
