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
  readonly properties: readonly (readonly [name: string, value: string])[];
}

/** Turns an MQTT packet into a message of the page's. */
export function messageFrom(packet: IPublishPacket, sequence: number, time: number): Message {
  const { topic, payload, qos, retain } = packet;
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : Uint8Array.from(payload);
  return { sequence, time, topic, payload: bytes, qos, retained: retain, properties: properties(packet) };
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

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder();

/** Bytes of a payload that a row shows at most. */
const PREVIEW = 240;

/** One line of a payload, for a row. */
export function preview({ payload }: Message): string {
  if (payload.length === 0) return "(empty)";
  const start = payload.subarray(0, PREVIEW);
  // A sequence that the cut has broken is no sign of a binary payload, so a few bytes are cut leniently.
  const whole = payload.length <= PREVIEW ? text(start) : text(start.subarray(0, PREVIEW - 4), lenient);
  if (whole === undefined || hasControls(whole)) return `(binary, ${size(payload.length)})`;
  return whole.replace(/\s+/g, " ");
}

/** The whole payload for reading: JSON indented, text as it is, anything else as hexadecimal digits. */
export function readableText({ payload }: Message): string {
  const whole = text(payload);
  if (whole === undefined || hasControls(whole)) return hexadecimal(payload);
  if (!/^\s*[[{]/.test(whole)) return whole;
  try {
    return JSON.stringify(JSON.parse(whole), undefined, 2);
  } catch {
    return whole;
  }
}

/** For instance `1.4 kB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function text(bytes: Uint8Array, decoder = strict): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
  return /[\u0000-\u0008\u000e-\u001f]/.test(text);
}

/** Bytes that the hexadecimal view shows at most. */
const HEXADECIMAL = 4_096;

function hexadecimal(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, HEXADECIMAL); at += 16) {
    const line = Array.from(bytes.subarray(at, at + 16), (byte) => byte.toString(16).padStart(2, "0"));
    lines.push(`${at.toString(16).padStart(4, "0")}  ${line.join(" ")}`);
  }
  if (bytes.length > HEXADECIMAL) lines.push(`… ${size(bytes.length - HEXADECIMAL)} more`);
  return lines.join("\n");
}
