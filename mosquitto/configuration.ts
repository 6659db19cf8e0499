import { type ClientCertificateUse, type ClientCertificateUses, useOn } from "./client-certificate.ts";
import type { ClientIdChoice } from "./client-id.ts";
import { currentPath, layout } from "./layout.ts";
import type { Limits } from "./limits.ts";
import { internalListener, type Listener, type ListenerName, listeners } from "./listener.ts";

/** `normal` outlives the end of every process, `full` a power cut as well, at the price of a disk flush for each commit. */
export const persistenceSyncs = ["normal", "full"] as const;

export type PersistenceSync = (typeof persistenceSyncs)[number];

export interface ConfigurationInput {
  /** The listeners that are on. */
  readonly listeners: readonly ListenerName[];
  readonly limits: Limits;
  /** The heap that the broker may take, in bytes; beyond it the client that asks is disconnected. */
  readonly memoryBytes: number;
  /** Whether what is stored outlives a power cut too. */
  readonly sync: PersistenceSync;
  readonly clientCertificates: ClientCertificateUses;
  readonly clientIds: ClientIdChoice;
  /** The origins whose pages may connect by WebSockets, as browsers write them; of none where it is empty. */
  readonly origins: readonly string[];
}

/**
 * Renders mosquitto.conf: the listeners that are on and the internal one, which refuse anonymous clients, each with
 * a password file of its own, and the ACL plugin for all of them.
 *
 * Follows mosquitto.conf(5) of 2.1. The options that 2.1 deprecates and 3.0 removes
 * (`per_listener_settings`, `password_file`, `acl_file`) are not used.
 */
export function renderConfiguration(input: ConfigurationInput): string {
  return [
    "# Rendered by `pulumi up`; a change here is lost at the next one.",
    ...persistence(input.sync),
    ...logging(),
    ...limits(input.limits, input.memoryBytes),
    ...plugins(input.listeners),
    ...input.listeners.flatMap((name) => listener(listeners[name], input)),
    ...internal(input.clientIds),
    "",
  ].join("\n");
}

/** With a flush period of 0 the plugin commits before an acknowledgement goes out; see the patches of the image. */
function persistence(sync: PersistenceSync): string[] {
  return [
    "",
    "# Retained messages, sessions and queued messages are stored before they are acknowledged.",
    `persistence_location ${layout.data}/`,
    `global_plugin ${layout.plugins.persistence}`,
    "plugin_opt_flush_period 0",
    `plugin_opt_sync ${sync}`,
  ];
}

function logging(): string[] {
  return [
    "",
    "log_dest stdout",
    "log_type error",
    "log_type warning",
    "log_type notice",
    "log_type information",
    // A line for each subscription: `npm run access -- review` tells by it which rights to read are used.
    "log_type subscribe",
    "log_timestamp true",
    "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
  ];
}

/**
 * `packet_buffer_size` stays 4096: 1024 would save 3 KiB a connection, but it bounds the request of a WebSocket upgrade
 * too, which a browser sends with its cookies, and a longer request is never answered.
 */
function limits(values: Limits, memoryBytes: number): string[] {
  return [
    "",
    `max_packet_size ${values.packetBytes}`,
    `max_inflight_messages ${values.inflightMessages}`,
    `max_queued_messages ${values.queuedMessages}`,
    `max_queued_bytes ${values.queuedBytes}`,
    `max_keepalive ${values.keepaliveSeconds}`,
    `persistent_client_expiration ${values.sessionDays}d`,
    `memory_limit ${memoryBytes}`,
    "set_tcp_nodelay true",
  ];
}

/**
 * The passwords are loaded under a name, once for each listener, which has users of its own. The rights hold for all
 * listeners: a listener cannot lack them, and a reload reads them once.
 */
function plugins(on: readonly ListenerName[]): string[] {
  return [
    "",
    "allow_anonymous false",
    ...[...on, internalListener.name].flatMap((name) => [
      `plugin_load password-${name} ${layout.plugins.password}`,
      `plugin_opt_password_file ${currentPath(`passwords-${name}`)}`,
    ]),
    `global_plugin ${layout.plugins.acl}`,
    `plugin_opt_acl_file ${currentPath("acl")}`,
  ];
}

function listener(
  { name, port, protocol, tls }: Listener,
  { limits: values, clientCertificates, clientIds, origins }: ConfigurationInput,
): string[] {
  return [
    "",
    `# ${name}`,
    `listener ${port}`,
    `protocol ${protocol}`,
    "listener_allow_anonymous false",
    `plugin_use password-${name}`,
    ...ownClientIds(clientIds),
    `max_connections ${values.connectionsPerListener}`,
    ...(protocol === "websockets" ? originsOfPages(origins) : []),
    ...(tls ? transportSecurity() : []),
    ...certificatesOfClients(useOn(name, clientCertificates)),
  ];
}

/**
 * Mosquitto refuses the upgrade of a client whose `Origin` is another (RFC 6455, 10.2). Without a line it would take
 * every page's, so there is always one. A client that is no browser sends no `Origin`, and is taken.
 */
function originsOfPages(origins: readonly string[]): string[] {
  const allowed = origins.length === 0 ? [NO_ORIGIN] : origins;
  return allowed.map((origin) => `${ORIGIN_OPTION} ${origin}`);
}

const ORIGIN_OPTION = "websockets_origin";

/** No page has it for its origin. */
const NO_ORIGIN = "none";

/** The beginning of the lines that a running broker takes over at SIGHUP; it reads every other anew at its start only. */
export const reloadedLine = `${ORIGIN_OPTION} `;

/** A configuration without what a running broker takes over by a reload. */
export function startConfiguration(configuration: string): string {
  return configuration
    .split("\n")
    .filter((line) => !line.startsWith(reloadedLine))
    .join("\n");
}

function ownClientIds(choice: ClientIdChoice): string[] {
  return choice === "own" ? ["use_username_as_clientid true"] : [];
}

/**
 * The internal listener is over TLS, so that whoever logs in has proved the server's certificate and key as well.
 * It never asks for a client's certificate.
 */
function internal(clientIds: ClientIdChoice): string[] {
  const { name, port, address, connections } = internalListener;
  return [
    "",
    `# ${name}: the healthcheck and the reload, from within the container`,
    `listener ${port} ${address}`,
    "protocol mqtt",
    "listener_allow_anonymous false",
    `plugin_use password-${name}`,
    ...ownClientIds(clientIds),
    `max_connections ${connections}`,
    ...transportSecurity(),
  ];
}

/** A certificate that names its user takes the place of the password, which is then not looked at. */
function certificatesOfClients(use: ClientCertificateUse): string[] {
  if (use === "none") return [];
  return [
    `cafile ${currentPath("clientAuthority")}`,
    `crlfile ${currentPath("revocations")}`,
    "require_certificate true",
    `use_identity_as_username ${use === "identity"}`,
  ];
}

/** TLS 1.2 is the floor (RFC 9325, 3.1.1), with forward secrecy and authenticated encryption only (4.2). */
function transportSecurity(): string[] {
  return [
    `certfile ${currentPath("certificate")}`,
    `keyfile ${currentPath("key")}`,
    "tls_version tlsv1.2",
    "ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
  ];
}
