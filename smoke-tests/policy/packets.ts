import { generate } from "mqtt-packet";
import type { ClientOptions } from "../client-options.ts";
import type { ProtocolVersion } from "../reason-codes.ts";

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
}

/** A message that came. */
export interface IncomingMessage {
  readonly topic: string;
  readonly payload: string;
  /** Whether the broker had it before the subscription was made. */
  readonly retained: boolean;
  /** The identifier of the subscription that it came by; MQTT 5 only. */
  readonly subscription: number | undefined;
}

export type Receiver = (message: IncomingMessage) => void;

/** The filters of one packet. */
export interface Subscription {
  readonly filters: readonly string[];
  /** Marks what comes by these filters; MQTT 5 only. */
  readonly identifier: number;
}

/** MQTT 5, 3.14.2.1: the will is to be sent all the same. MQTT 3.1.1, 2.2.1: no packet has the type 15. */
export const LEAVE_WITH_WILL = Object.freeze({ 5: Buffer.of(0xe0, 0x01, 0x04), 4: Buffer.of(0xf0, 0x00) });

export const PINGREQ = Buffer.of(0xc0, 0x00);
export const DISCONNECT = Buffer.of(0xe0, 0x00);

export function connectPacket(options: ClientOptions): Buffer {
  const { version, clientId, username, password, will, keepalive = 10 } = options;
  return generate({
    cmd: "connect",
    ...(version === 5 ? { protocolVersion: 5 } : { protocolId: "MQTT", protocolVersion: 4 }),
    ...{ clientId, clean: true, keepalive },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }),
  });
}

export function subscribePacket(
  version: ProtocolVersion,
  { filters, identifier }: Subscription,
  messageId: number,
): Buffer {
  const properties = version === 5 ? { properties: { subscriptionIdentifier: identifier } } : {};
  const subscriptions = filters.map((topic) => ({ topic, qos: 0 as const }));
  return generate(
    { cmd: "subscribe", messageId, subscriptions, ...properties },
    { protocolVersion: version },
  );
}

export function publishPacket(
  version: ProtocolVersion,
  { topic, payload, retain = false }: OutgoingMessage,
  qos: 0 | 1 | 2,
  messageId: number,
): Buffer {
  const numbered = qos > 0 ? { messageId } : {};
  return generate(
    { cmd: "publish", topic, payload, qos, dup: false, retain, ...numbered },
    { protocolVersion: version },
  );
}
