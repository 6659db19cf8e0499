import type { Bench } from "./bench.ts";
import type { Measurement } from "./measurement.ts";

/** What is measured, and what it is to be at most. */
export interface Figure {
  /** In the table, and for `--only`. */
  readonly name: string;
  readonly goals: readonly Goal[];
  /** Whether it takes so many minutes that it is measured with `--large` alone. @default false */
  readonly large?: boolean;
  measure(bench: Bench): Promise<Seen>;
}

/** Seconds, or how many times the processor time of what it is measured beside. */
export interface Goal {
  readonly of: "wall" | "processor" | "ratio";
  readonly atMost: number;
}

export interface Seen extends Measurement {
  /** What it was measured beside, in turns in one run. */
  readonly beside?: Measurement;
}

/** A figure as it was measured; a command that failed is a figure too. */
export type Result = Pick<Figure, "name" | "goals"> &
  ({ readonly seen: Seen } | { readonly failure: string });

/** What a goal is about, of a measurement: seconds or a ratio. */
export function goalValue({ of }: Goal, seen: Seen): number {
  if (of !== "ratio") return seen[of];
  return seen.beside === undefined ? Number.NaN : seen.processor / seen.beside.processor;
}
