/** The protocol versions under test, as the CONNECT packet names them: 4 is MQTT 3.1.1. */
export const protocolVersions = [4, 5] as const;

export type ProtocolVersion = (typeof protocolVersions)[number];

/** The version's name, for people. */
export function versionName(version: ProtocolVersion): string {
  return version === 4 ? "MQTT 3.1.1" : "MQTT 5";
}

/** The codes that the checks ask for. */
export interface Codes {
  readonly accepted: number;
  /** The broker does not let this client in, or not do this. */
  readonly notAuthorized: number;
}

/** MQTT 3.1.1, table 3.1, and MQTT 5, tables 3-1 and 3-4. */
export const codes: Readonly<Record<ProtocolVersion, Codes>> = Object.freeze({
  4: Object.freeze({ accepted: 0, notAuthorized: 5 }),
  5: Object.freeze({ accepted: 0, notAuthorized: 0x87 }),
});

/** MQTT 5, 3.4.2.1: the publish was taken, and nobody has subscribed to its topic. */
export const NO_SUBSCRIBERS = 0x10;

/** MQTT 3.1.1, table 3.1; Mosquitto answers with it when a client asks for too long a keepalive. */
export const IDENTIFIER_REJECTED = 2;

/** MQTT 5, table 3-13: the packet was larger than the server takes. */
export const PACKET_TOO_LARGE = 0x95;

const names: Readonly<Record<ProtocolVersion, Readonly<Record<number, string>>>> = Object.freeze({
  4: Object.freeze({
    0: "accepted",
    1: "unacceptable protocol version",
    2: "identifier rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorized",
  }),
  5: Object.freeze({
    0: "success",
    [NO_SUBSCRIBERS]: "no matching subscribers",
    128: "unspecified error",
    129: "malformed packet",
    130: "protocol error",
    131: "implementation specific error",
    132: "unsupported protocol version",
    133: "client identifier not valid",
    134: "bad user name or password",
    135: "not authorized",
    136: "server unavailable",
    137: "server busy",
    138: "banned",
    149: "packet too large",
    151: "quota exceeded",
  }),
});

/** For instance `0x87 (not authorized)`; MQTT 3.1.1 counts in decimals. */
export function codeName(version: ProtocolVersion, code: number): string {
  const number = version === 4 ? `${code}` : `0x${code.toString(16).padStart(2, "0")}`;
  return `${number} (${names[version][code] ?? "unknown"})`;
}
