import { type Claim, claim } from "./claim.ts";
import type { FaultGround } from "./fault-ground.ts";

/** Something that goes wrong in the middle of an update. */
export interface Fault {
  readonly name: string;
  readonly run: (ground: FaultGround) => Promise<FaultFinding>;
}

/** What came of a fault. */
export interface FaultFinding {
  /** The revision that the fault left the broker on: the one before the update, or the one that it was to bring. */
  readonly leftOn?: "old" | "new" | undefined;
  /** What became of the broker; "stopped" if Docker did not start it again by itself. */
  readonly broker?: "same" | "restarted" | "stopped" | undefined;
  /** How long the next update took, in milliseconds. */
  readonly next?: number | undefined;
  readonly claims: readonly Claim[];
}

/** One fault, by name, and what came of it. */
export interface FaultStep extends FaultFinding {
  readonly name: string;
}

/** A fault that cannot be brought about on this machine, so that nothing is claimed of it. */
export interface FaultNotShown {
  readonly name: string;
  /** Why, as a clause. */
  readonly notShown: string;
}

/**
 * Brings a fault about. Where it has failed, the stack is put in order, so that it does not fail those after it.
 */
export async function showFault({ name, run }: Fault, ground: FaultGround): Promise<FaultStep> {
  const finding = await run(ground).catch((error) => ({
    claims: [unfinished("it is brought to its end", error)],
  }));
  if (finding.claims.every(({ held }) => held)) return { name, ...finding };
  const mended = await ground.putInOrder().then(
    () => [],
    (error) => [unfinished("the stack can be put in order after it", error)],
  );
  return { name, ...finding, claims: [...finding.claims, ...mended] };
}

function unfinished(sentence: string, error: unknown): Claim {
  return claim(sentence, false, error instanceof Error ? error.message : String(error));
}
