import { generate, type Packet } from "mqtt-packet";
import type { ProtocolVersion } from "../../../smoke-tests/reason-codes.ts";

/** The types of packets, in the upper half of the first byte (MQTT 5, 2.1.2). */
export const packetTypes = Object.freeze({
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
});

/** A packet as a good client would send it. */
export function validPacket(packet: Packet, version: ProtocolVersion): Buffer {
  return generate(packet, { protocolVersion: version });
}

/** A packet of any first byte and content, whose remaining length is right. */
export function rawPacket(firstByte: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(firstByte), variableInteger(body.length), body]);
}

/** MQTT 5, 1.5.5. */
export function variableInteger(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    digits.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.from(digits);
}

export function twoBytes(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff);
}

/** A string or binary data, with its length before it (MQTT 5, 1.5.4). */
export function prefixed(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([twoBytes(bytes.length), bytes]);
}

/** A packet taken apart: its first byte, and what is behind the remaining length. */
export function takeApart(packet: Buffer): { readonly firstByte: number; readonly body: Buffer } {
  let end = 1;
  while ((packet[end] ?? 0) & 0x80) end += 1;
  return { firstByte: packet[0] ?? 0, body: packet.subarray(end + 1) };
}
