import type { ProtocolVersion } from "./reason-codes.ts";

/** The first byte of a PUBLISH with QoS 0, and what QoS 1 and retention add to it (MQTT 5, 3.3.1). */
const FLAGS = Object.freeze({ publish: 0x30, qos1: 0x02, qos2: 0x04, retain: 0x01 });

export interface PublishOptions {
  /** @default false */
  readonly retain?: boolean;
  /** From 1 to 65535, for a message with QoS 1 or 2. @default none, and QoS 0 */
  readonly packetId?: number;
  /** Of a message with a packet id. @default 1 */
  readonly qos?: 1 | 2;
}

/** A PUBLISH without properties, as bytes in one piece; also one that no well-behaved client would send. */
export function publishPacket(
  version: ProtocolVersion,
  topic: string,
  payload: Buffer,
  options: PublishOptions = {},
): Buffer {
  const name = Buffer.from(topic);
  const { packetId } = options;
  const body = Buffer.concat([
    twoBytes(name.length),
    name,
    packetId === undefined ? NOTHING : twoBytes(packetId),
    version === 5 ? NO_PROPERTIES : NOTHING,
    payload,
  ]);
  return Buffer.concat([publishHeader(body.length, options), body]);
}

/** The beginning of a PUBLISH that announces so many bytes after it (MQTT 5, 1.5.5 and 2.1.4). */
export function publishHeader(remaining: number, { retain, packetId, qos = 1 }: PublishOptions = {}): Buffer {
  const digits: number[] = [];
  for (let rest = remaining; rest > 0 || digits.length === 0; rest = Math.floor(rest / 128)) {
    digits.push(rest % 128);
  }
  const length = digits.map((digit, index) => (index < digits.length - 1 ? digit | 0x80 : digit));
  const level = qos === 1 ? FLAGS.qos1 : FLAGS.qos2;
  const flags = (retain ? FLAGS.retain : 0) | (packetId === undefined ? 0 : level);
  return Buffer.from([FLAGS.publish | flags, ...length]);
}

/**
 * A PUBLISH that clears a retained message.
 *
 * mqtt.js sends an empty payload as a WebSocket frame of its own, and the WebSocket listeners of Mosquitto 2.1.2
 * take an empty frame for four bytes of data (eclipse-mosquitto/mosquitto issue 3704); this is one frame.
 */
export function clearingPacket(version: ProtocolVersion, topic: string): Buffer {
  return publishPacket(version, topic, Buffer.alloc(0), { retain: true });
}

const NOTHING = Buffer.alloc(0);

/** How MQTT 5 says that there are no properties (MQTT 5, 2.2.2.1). */
const NO_PROPERTIES = Buffer.alloc(1);

function twoBytes(number: number): Buffer {
  return Buffer.from([number >> 8, number & 0xff]);
}
