import type { Claim } from "./claim.ts";
import type { BrokerRecord, Ground, Outcome } from "./ground.ts";
import type { TrafficRecord } from "./traffic.ts";

/** One rotation of a drill. */
export interface Exercise {
  /** What is rotated. */
  readonly name: string;
  readonly run: (ground: Ground) => Promise<Result>;
}

/** What came of one rotation. Times are in milliseconds from the start of `pulumi up`. */
export interface Result {
  /** How long `pulumi up` took. */
  readonly update: number;
  /** When the old was refused for good, where it was to be. */
  readonly oldRefused?: number | undefined;
  /** When the new was taken: a password can only be tried once the outputs have it, after the update. */
  readonly newTaken?: number | undefined;
  readonly traffic: TrafficRecord;
  readonly broker: BrokerRecord;
  readonly claims: readonly Claim[];
}

/** Puts together what holds for everybody with what one rotation is about. */
export function conclude(
  outcome: Outcome<string>,
  claims: readonly Claim[],
  times: Pick<Result, "oldRefused" | "newTaken"> = {},
): Result {
  const { update, traffic, broker } = outcome;
  return { update, traffic, broker, claims: [...claims, ...outcome.claims], ...times };
}
