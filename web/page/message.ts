import type { IPublishPacket } from "mqtt";

/** A message as the page keeps it. */
export interface Message {
  /** Counts from 1 in the order of arrival; no two messages share one. */
  readonly sequence: number;
  /** When it came, milliseconds since 1970. */
  readonly time: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly retained: boolean;
  /** When the broker forgets it, milliseconds since 1970; infinity if it doesn't by itself. */
  readonly expiresAt: number;
  readonly properties: readonly (readonly [name: string, value: string])[];
}

/** Turns an MQTT packet into a message of the page's. */
export function messageFrom(packet: IPublishPacket, sequence: number, time: number): Message {
  const { topic, payload, qos, retain } = packet;
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : Uint8Array.from(payload);
  // The broker has taken off what the message had waited by then (MQTT 5, 3.3.2.3.3).
  const lifetime = packet.properties?.messageExpiryInterval ?? Number.POSITIVE_INFINITY;
  const expiresAt = time + lifetime * 1_000;
  const told = properties(packet);
  return { sequence, time, topic, payload: bytes, qos, retained: retain, expiresAt, properties: told };
}

function properties({ properties }: IPublishPacket): [string, string][] {
  if (properties === undefined) return [];
  const { contentType, responseTopic, messageExpiryInterval, userProperties } = properties;
  const own = Object.entries(userProperties ?? {}).flatMap(([name, value]) =>
    [value].flat().map((text): [string, string] => [name, text]),
  );
  const standard: [string, string | undefined][] = [
    ["Content type", contentType],
    ["Response topic", responseTopic],
    ["Expires after", messageExpiryInterval === undefined ? undefined : `${messageExpiryInterval} s`],
  ];
  return [...standard.filter((entry): entry is [string, string] => entry[1] !== undefined), ...own];
}
