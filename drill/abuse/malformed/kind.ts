import type { ProtocolVersion } from "../../../smoke-tests/reason-codes.ts";
import type { Random } from "./random.ts";

/** One way for a packet to be wrong. */
export interface PacketKind {
  readonly name: string;
  /** When it can be sent: as the first packet, or after a log-in. */
  readonly stage: "before log-in" | "after log-in" | "either";
  /** @default both */
  readonly version?: ProtocolVersion;
  /** Whether a broker has to end the connection of its own accord; one that still waits for bytes has not. */
  readonly ends: boolean;
  readonly make: (random: Random, version: ProtocolVersion) => Buffer;
}
