import type { ListenerName } from "../mosquitto/listener.ts";

/** What a kit can be for. */
export const kitKinds = ["env", "django", "aiomqtt", "paho", "mqttjs", "mosquitto", "json"] as const;

export type KitKind = (typeof kitKinds)[number];

/**
 * The listeners that a kind of kit can use, the best first: TLS before plain.
 *
 * MQTT.js runs in browsers too, and those speak WebSockets alone, so its kit takes what holds in both.
 */
export const listenersOfKind: Readonly<Record<KitKind, readonly ListenerName[]>> = Object.freeze({
  env: ["mqtts", "mqtt"],
  django: ["mqtts", "mqtt"],
  aiomqtt: ["mqtts", "mqtt"],
  paho: ["mqtts", "mqtt"],
  mqttjs: ["wss", "ws"],
  mosquitto: ["mqtts", "mqtt"],
  json: ["mqtts", "wss", "mqtt", "ws"],
});

/** The listener that a kit is for, of those that its user may log in on; none where none will do. */
export function chooseListener(kind: KitKind, allowed: readonly ListenerName[]): ListenerName | undefined {
  return listenersOfKind[kind].find((name) => allowed.includes(name));
}
