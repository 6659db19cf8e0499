import type { ListenerName } from "../../mosquitto/listener.ts";
import type { Unproved } from "../expectation.ts";
import type { ProtocolVersion } from "../reason-codes.ts";
import type { Connection, Entrance } from "./connection.ts";
import type { PolicyUser } from "./policy.ts";
import type { UserPlan, WillProbe } from "./probe.ts";
import type { Publication } from "./publication.ts";

/** One connection of a user who is proved, and what came of all that was tried there. */
export interface Presence {
  readonly plan: UserPlan;
  readonly connection: Connection;
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
  /** Answers to what was written, in the order of the writes; MQTT 3.1.1 has none but 0. */
  codes: readonly number[];
}

/** A message of the user, and who would receive it. */
export interface Write {
  readonly topic: string;
  readonly to: Connection | undefined;
}

/** A message to the user; none where the broker itself writes. */
export interface Read {
  readonly topic: string;
  readonly publication: Publication | undefined;
}

/** One will, and who listens for it. */
export interface Will {
  readonly probe: WillProbe;
  readonly topic: string;
  readonly connection: Connection;
  readonly to: Connection;
}

/** One user on a listener that it may not use, and the code of the CONNACK; or why it is not asked for. */
export interface Refusal {
  readonly user: PolicyUser;
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  code: number | Unproved | string;
}

/** What a batch needs to come to the broker. */
export interface Access {
  /** The listeners that are on. */
  readonly listeners: readonly ListenerName[];
  readonly entrance: (user: PolicyUser, listener: ListenerName) => Entrance;
  /** Whether a listener looks at passwords; where the certificate is the identity, it does not. */
  readonly asksForPasswords: (listener: ListenerName) => boolean;
  /** Why nobody comes further than the handshake on a listener, where that is so. */
  readonly closed: (listener: ListenerName) => string | undefined;
  /** The listeners on which a user is tried with MQTT 3.1.1 as well. */
  readonly older: (user: PolicyUser) => readonly ListenerName[];
  /** Connections that a listener takes. */
  readonly room: number;
  /** Connections that publish or subscribe at a time. */
  readonly atATime: number;
  /** Says that one more step of {@link BATCH_STEPS} is done. */
  readonly step: () => void;
  readonly signal: AbortSignal | undefined;
}
