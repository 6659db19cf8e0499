import type { StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn } from "../mosquitto/listener.ts";
import { type Client, connackCode } from "../smoke-tests/client.ts";
import type { Endpoint } from "../smoke-tests/client-options.ts";
import { codeName, codes, NO_SUBSCRIBERS, type ProtocolVersion } from "../smoke-tests/reason-codes.ts";
import { shakeHands } from "../smoke-tests/tls-connection.ts";

/** The two answers that a rotation turns into each other. */
export const TAKEN = "taken";
export const REFUSED = "refused";

export type Credential = StackOutputs["credentials"][string];

export interface LogInOptions {
  /** @default mqtt */
  readonly listener?: ListenerName;
  /** @default 5 */
  readonly version?: ProtocolVersion;
  /** The CA certificates to trust, PEM. @default those in the outputs */
  readonly authority?: string;
}

/** Logs in on a new connection each time. */
export function logIn(
  outputs: StackOutputs,
  credential: Credential,
  options: LogInOptions = {},
): () => Promise<string> {
  const { listener = "mqtt", version = 5, authority } = options;
  const site = endpointOf(outputs, listener, authority);
  return async () => {
    const code = await connackCode(site, { version, clientId: attemptName(), ...credential });
    return answerOf(version, code);
  };
}

/** Shakes hands on a new connection each time; the answer is `trusted`, or the code of what the client minds. */
export function shake(outputs: StackOutputs, listener: ListenerName, authority: string) {
  return async (): Promise<string> => {
    const handshake = await shakeHands(endpointOf(outputs, listener, authority));
    return handshake.trusted ? TAKEN : UNTRUSTED.has(handshake.code) ? REFUSED : handshake.code;
  };
}

/** The fingerprint of the certificate that is served, to a client that trusts the outputs' CA. */
export function fingerprint(outputs: StackOutputs, listener: ListenerName) {
  return async (): Promise<string> => {
    const handshake = await shakeHands(endpointOf(outputs, listener));
    return handshake.trusted ? handshake.certificate.fingerprint256 : handshake.code;
  };
}

/** Publishes on one connection that stays; only MQTT 5 tells a client that it may not. */
export function publish(client: Client, topic: string): () => Promise<string> {
  return async () => {
    const code = await client.publish(topic, "drill");
    return code === NO_SUBSCRIBERS ? TAKEN : answerOf(5, code);
  };
}

export function endpointOf(
  { listeners, certificates }: StackOutputs,
  listener: ListenerName,
  authority: string = certificates.authority,
): Endpoint {
  const { host, port } = listenerIn(listeners, listener);
  return { listener, host, port, authority };
}

let attempts = 0;

/** A client id that no other client has. */
export function attemptName(): string {
  attempts += 1;
  return `drill-${process.pid}-attempt-${attempts}`;
}

function answerOf(version: ProtocolVersion, code: number): string {
  if (code === codes[version].accepted) return TAKEN;
  return code === codes[version].notAuthorized ? REFUSED : codeName(version, code);
}

/** What OpenSSL says when it can build no chain to a CA that the client trusts. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);
