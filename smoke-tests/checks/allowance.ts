import type { StackOutputs } from "../../infra/contract.ts";

type Limits = Pick<StackOutputs["limits"], "inflightMessages" | "queuedMessages" | "queuedBytes">;

/** Of messages with QoS 1 or 2, how many may be on their way at a time without one being refused. */
export function inFlightAtATime({ inflightMessages }: Limits, wanted: number): number {
  return Math.min(wanted, inflightMessages);
}

/** Of messages of one byte, how many the broker keeps for a client that is away. */
export function keptWhileAway({ queuedMessages, queuedBytes }: Limits, wanted: number): number {
  return Math.min(wanted, queuedMessages, queuedBytes);
}
