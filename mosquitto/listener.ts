/** The four listeners, named as the URL schemes that reach them. */
export const listenerNames = ["mqtt", "mqtts", "ws", "wss"] as const;

export type ListenerName = (typeof listenerNames)[number];

/** One way into the broker. */
export interface Listener {
  readonly name: ListenerName;
  /** The TCP port inside the container, and the default on the host. */
  readonly port: number;
  /** Mosquitto's word for what is spoken on it. */
  readonly protocol: "mqtt" | "websockets";
  readonly tls: boolean;
}

/** The listeners of the reference document: 8883 is mqtts, 8083 is ws and 8884 is wss. */
export const listeners: Readonly<Record<ListenerName, Listener>> = Object.freeze({
  mqtt: Object.freeze({ name: "mqtt", port: 1883, protocol: "mqtt", tls: false }),
  mqtts: Object.freeze({ name: "mqtts", port: 8883, protocol: "mqtt", tls: true }),
  ws: Object.freeze({ name: "ws", port: 8083, protocol: "websockets", tls: false }),
  wss: Object.freeze({ name: "wss", port: 8884, protocol: "websockets", tls: true }),
});

/** The listeners that a record has an entry of, which are those that are on. */
export function listenersIn(
  record: Readonly<Partial<Record<ListenerName, unknown>>>,
): readonly ListenerName[] {
  return listenerNames.filter((name) => record[name] !== undefined);
}

/** @throws Error where the listener is off, which no user's is */
export function listenerIn<T>(record: Readonly<Partial<Record<ListenerName, T>>>, name: ListenerName): T {
  const entry = record[name];
  if (entry === undefined) throw new Error(`listener ${name} is off`);
  return entry;
}

/**
 * The listener on which the healthcheck and the reload log in, and nobody else: it is bound to the
 * container's own loopback address and never published, so that clients who fill the other listeners don't keep
 * the broker from being watched or from taking a new revision over.
 */
export const internalListener = Object.freeze({
  name: "internal" as const,
  /** The TCP port inside the container. */
  port: 8885,
  address: "127.0.0.1",
  /** Connections at a time: a check has one, and several may run at once. */
  connections: 10,
});

/** A listener that clients reach, or the internal one. */
export type AnyListenerName = ListenerName | typeof internalListener.name;

/** Every listener that a broker can have, in the order of mosquitto.conf. */
export const allListenerNames: readonly AnyListenerName[] = Object.freeze([
  ...listenerNames,
  internalListener.name,
]);
