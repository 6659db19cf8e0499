/** MQTT 5 reason codes that a broker answers with, as parts of a sentence (MQTT 5, 2.4). */
const REASONS: Readonly<Record<number, string>> = {
  16: "accepted, and nobody watches this topic",
  128: "unspecified error",
  129: "malformed packet",
  130: "protocol error",
  131: "refused for a reason of the broker's own",
  132: "this version of MQTT is not supported",
  133: "the client id is not valid",
  134: "bad user name or password",
  135: "not authorised",
  136: "the broker is unavailable",
  137: "the broker is busy",
  138: "banned",
  139: "the broker is shutting down",
  141: "keep-alive timeout",
  142: "another client took this session over",
  144: "the topic is not valid",
  149: "the message is larger than the broker takes",
  151: "a quota is used up",
  152: "ended by an administrator",
  153: "the payload is not in the format it says",
  154: "retained messages are not supported",
  155: "this QoS is not supported",
  157: "use another server",
  159: "too many connections",
};

/** For instance `not authorised (0x87)`. */
export function reasonOf(code: number): string {
  const hex = `0x${code.toString(16).padStart(2, "0")}`;
  return REASONS[code] === undefined ? `reason ${hex}` : `${REASONS[code]} (${hex})`;
}

/** Codes of a CONNACK that another attempt with the same credentials would get again. */
const LASTING: ReadonlySet<number> = new Set([132, 133, 134, 135, 138, 140]);

/** Whether a refusal to connect ends the attempts; any other is an absence that passes. */
export function isLasting(code: number): boolean {
  return LASTING.has(code);
}

/** Whether the broker ended the connection since another client came with the same client id (MQTT 5, 3.1.4-3). */
export function isTakeover(code: number): boolean {
  return code === 142;
}

/** Whether the broker ended the connection for a packet that it can't accept, and won't accept from the next one. */
export function isFault(code: number): boolean {
  return code === 129 || code === 130;
}
