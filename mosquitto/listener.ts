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
