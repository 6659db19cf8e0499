import type { TrialBroker } from "../trial-broker.ts";

/** One way to take more of a broker than one's share, without a malformed byte. */
export interface Flood {
  readonly name: string;
  /**
   * Goes on for about so many milliseconds, holds what it has, and gives one line that says what came of it.
   *
   * @param scale 1 for the whole size; a test takes a part of it
   */
  readonly run: (broker: TrialBroker, options: FloodOptions) => Promise<FloodResult>;
}

export interface FloodOptions {
  readonly scale: number;
  readonly milliseconds: number;
}

export interface FloodResult {
  /** What came of it, in a few words. */
  readonly outcome: string;
  /** Lets go of what it holds. */
  readonly release: () => void | Promise<void>;
}

/** Does something so many times, a few at a time. */
export async function times<Result>(
  count: number,
  atATime: number,
  work: (index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results.push(await work(index));
  };
  await Promise.all(Array.from({ length: Math.min(atATime, count) }, worker));
  return results;
}

/** Does something again and again until the time is over, and tells how many times. */
export async function until(milliseconds: number, work: (index: number) => Promise<void>): Promise<number> {
  const started = performance.now();
  let done = 0;
  for (; performance.now() - started < milliseconds; done += 1) await work(done);
  return done;
}
