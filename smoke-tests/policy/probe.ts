import type { ListenerName } from "../../mosquitto/listener.ts";
import type { PolicyUser } from "./policy.ts";

/** What stands in planned topics for a level that nobody else uses, and for the connection's client id. */
export const SCRATCH = "smoke-scratch";
export const CLIENT = "smoke-client";

/** Who a user is tried together with; itself, if it may do both. */
export type Partner = PolicyUser | "self";

/** A topic on which a user is tried, and what has to come of it. */
export interface Probe {
  /** With {@link SCRATCH} and {@link CLIENT} in it. */
  readonly topic: string;
  /** The rule that it is about, in words. */
  readonly rule: string;
  readonly allowed: boolean;
}

/** A message of the user; the partner would receive it, and is left out where nobody may. */
export interface WriteProbe extends Probe {
  readonly partner: Partner | undefined;
}

/** A message to the user, from the partner or from the broker itself. */
export interface ReadProbe extends Probe {
  readonly source: Partner | "broker";
}

export interface WillProbe extends Probe {
  readonly listener: ListenerName;
  readonly partner: PolicyUser;
}

/** What cannot be tried, and why. */
export interface Gap {
  readonly of: "read" | "write" | "will";
  readonly allowed: boolean;
  readonly rule: string;
  readonly reason: string;
  /** @default every listener of the user */
  readonly listener?: ListenerName;
}

export interface UserPlan {
  readonly user: PolicyUser;
  readonly writes: readonly WriteProbe[];
  readonly reads: readonly ReadProbe[];
  readonly wills: readonly WillProbe[];
  readonly gaps: readonly Gap[];
}

/**
 * Whether a shared subscription to a topic is worth a probe: Mosquitto files it below the root of all topics, and
 * looks a topic that begins with `$` up below its first level, so that nothing comes by it.
 */
export function canBeShared(topic: string): boolean {
  return !topic.startsWith("$");
}

/** Whether a topic is of one client id, which is different on each connection. */
export function isOfClient(topic: string): boolean {
  return topic.includes(CLIENT) && topic.split("/").includes(CLIENT);
}
