import { Unproved } from "../expectation.ts";
import type { Check, CheckPlace } from "../proof.ts";

/** Failed checks that are kept whole; a broker that is wrong throughout would fill the memory. */
const MOST_FAILED = 10_000;

/** Why something is left out, as what a proof throws. */
export class LeftOut extends Error {}

export interface CheckTitle extends CheckPlace {
  readonly name: string;
}

/**
 * The checks of a proof, as many as there are.
 *
 * Checks that failed are whole. Of the others, those that differ in user and rule only are one check with a count,
 * unless every one is wanted: 10,000 users have two million.
 */
export class Tally {
  readonly #every: boolean;
  readonly #whole: Check[] = [];
  readonly #counted = new Map<string, { check: Check; count: number }>();
  #failed = 0;
  #size = 0;

  /** @param every whether each check is kept with its user and its rule */
  constructor(every: boolean) {
    this.#every = every;
  }

  /** Checks so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds what comes of a proof: what it throws, or the reason that it gives for not being applicable. */
  add(title: CheckTitle, prove: () => string | undefined): void {
    this.#size += 1;
    try {
      const reason = prove();
      if (reason === undefined) this.#keep({ ...title, outcome: "proved", milliseconds: 0 });
      else this.#keep({ ...title, outcome: "not applicable", milliseconds: 0, reason });
    } catch (error) {
      this.#fail(title, error);
    }
  }

  /** All checks, each name's together in the order of the ranks. */
  checks(rankOf: (name: string) => number): Check[] {
    const counted = [...this.#counted.values()].map(({ check, count }) =>
      count === 1 ? check : { ...check, count },
    );
    return [...this.#whole, ...counted].sort((one, other) => rankOf(one.name) - rankOf(other.name));
  }

  #fail(title: CheckTitle, error: unknown): void {
    if (error instanceof LeftOut) {
      this.#keep({ ...title, outcome: "not applicable", milliseconds: 0, reason: error.message });
      return;
    }
    if (!(error instanceof Unproved)) throw error;
    const { expected, actual: seen } = error;
    this.#failed += 1;
    const check: Check = { ...title, outcome: "failed", milliseconds: 0, expected, seen };
    if (this.#failed <= MOST_FAILED) this.#whole.push(check);
    else this.#count({ ...check, expected: "as above", seen: "more of the same" });
  }

  #keep(check: Check): void {
    if (this.#every) this.#whole.push(check);
    else this.#count(check);
  }

  #count({ user: _, rule: __, ...check }: Check): void {
    const key = `${check.name}|${check.listener}|${check.version}|${check.outcome}|${check.reason}`;
    const known = this.#counted.get(key);
    if (known === undefined) this.#counted.set(key, { check, count: 1 });
    else known.count += 1;
  }
}
