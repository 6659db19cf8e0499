import { isIPv6 } from "node:net";
import { createSecureContext, type PeerCertificate, type SecureContext } from "node:tls";
import type mqtt from "mqtt";
import type { ListenerName } from "../mosquitto/listener.ts";
import type { AccountPool } from "./account-pool.ts";
import { identityFault } from "./certificate.ts";
import type { ProtocolVersion } from "./reason-codes.ts";

/** Where a broker listens, and what a client has to know to reach it. */
export interface Endpoint {
  readonly listener: ListenerName;
  readonly host: string;
  readonly port: number;
  /** The name that the server's certificate has to be for. @default the host */
  readonly name?: string | undefined;
  /** The CA certificates to trust, PEM. */
  readonly authority: string;
  /** Whom to log in as in the place of a user, where client ids are the accounts'. @default the user */
  readonly accounts?: AccountPool | undefined;
  /** The certificate to show for whoever logs in, or for nobody in particular. @default none */
  readonly certificateOf?: ((username: string | undefined) => ClientKeyPair | undefined) | undefined;
}

/** A client's certificate and its key, PEM. */
export interface ClientKeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Will {
  readonly topic: string;
  readonly payload: string;
}

export interface ClientOptions {
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** None for an anonymous client. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Seconds. @default 10, the least that a stack's limit can be */
  readonly keepalive?: number;
  readonly will?: Will | undefined;
  /** Seconds that the session outlives the connection; MQTT 3.1.1 knows only 0 and for good. @default 0 */
  readonly sessionSeconds?: number;
  /** The origin of the page that a browser would connect for, by WebSockets. @default none, as of a program */
  readonly origin?: string;
  /** Whether an earlier session is thrown away. @default true */
  readonly clean?: boolean;
}

/** The same for mqtt.js: one attempt, and no deadline of its own. */
export function connectOptions(endpoint: Endpoint, options: ClientOptions): mqtt.IClientOptions {
  const { listener, host } = endpoint;
  const { version, will, sessionSeconds = 0 } = options;
  return {
    protocol: listener,
    host,
    // mqtt.js makes a URL of it for WebSockets, and takes it as it is for TCP.
    hostname: isIPv6(host) && listener.startsWith("ws") ? `[${host}]` : host,
    port: endpoint.port,
    path: "/mqtt",
    ...trust(endpoint, endpoint.certificateOf?.(options.username), options.origin),
    protocolVersion: version,
    clientId: options.clientId,
    clean: options.clean ?? true,
    keepalive: options.keepalive ?? 10,
    reconnectPeriod: 0,
    connectTimeout: 60_000,
    timerVariant: "native",
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(will
      ? { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }
      : {}),
    ...(version === 5 ? { properties: { sessionExpiryInterval: sessionSeconds } } : {}),
  };
}

const contexts = new Map<string, SecureContext>();

/** How both mqtts and wss trust a CA; a context is made once, as that takes longer than to use it. */
function trust(
  { authority, host, name = host }: Endpoint,
  shown: ClientKeyPair | undefined,
  origin: string | undefined,
): mqtt.IClientOptions {
  const id = `${authority}${shown?.certificate ?? ""}`;
  const own = shown === undefined ? {} : { cert: shown.certificate, key: shown.key };
  const secureContext = contexts.get(id) ?? createSecureContext({ ca: authority, ...own });
  contexts.set(id, secureContext);
  const checkServerIdentity = (_: string, certificate: PeerCertificate) => identityFault(name, certificate);
  const options = { secureContext, checkServerIdentity };
  return {
    ...options,
    wsOptions: { ...options, ...(origin === undefined ? {} : { origin }) },
  } as mqtt.IClientOptions;
}
