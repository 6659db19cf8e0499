/** How long any single step may take, in milliseconds. Nothing is tried a second time. */
export const DEADLINE = 3_000;

/** The same where each connection takes a process of its own on the way to the broker. */
const SLOW_DEADLINE = 20_000;

let deadline: number = DEADLINE;

/** Gives each step more time, as connections to the broker are slow, or as much as usual again. */
export function expectSlowConnections(slow: boolean): void {
  deadline = slow ? SLOW_DEADLINE : DEADLINE;
}

/** A check that did not hold: what was expected and what was seen, in words. */
export class Unproved extends Error {
  override readonly name = "Unproved";
  readonly expected: string;
  readonly actual: string;

  constructor(expected: string, seen: string) {
    super(`expected ${expected}; seen: ${seen}`);
    this.expected = expected;
    this.actual = seen;
  }
}

/** Throws {@link Unproved} unless the condition holds. */
export function demand(condition: boolean, expected: string, seen: string): asserts condition {
  if (!condition) throw new Unproved(expected, seen);
}

/** Throws {@link Unproved} unless both are the same, written as JSON. */
export function demandSame(what: string, seen: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(seen), JSON.stringify(expected)];
  demand(is === should, `${what}: ${should}`, is ?? "nothing");
}

type Settle<Result> = (resolve: (result: Result) => void, reject: (error: Error) => void) => void;

/**
 * Waits for one answer, whatever it may be.
 *
 * @param what what is waited for, as the end of "expected …"
 * @throws Unproved when it does not come in time.
 */
export function within<Result>(what: string, settle: Settle<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const limit = deadline;
    const timer = setTimeout(() => reject(tooLate(what, limit)), limit);
    const settled = () => clearTimeout(timer);
    settle(
      (result) => {
        settled();
        resolve(result);
      },
      (error) => {
        settled();
        reject(error instanceof Unproved ? error : new Unproved(what, error.message));
      },
    );
  });
}

/** What is thrown where an answer does not come within so many milliseconds. */
export function tooLate(what: string, milliseconds: number): Unproved {
  return new Unproved(what, `nothing within ${milliseconds / 1000} s`);
}

/** Gives an error a message: where a host has several addresses, Node puts the errors of all into one without. */
export function readable(error: Error & { errors?: readonly Error[]; code?: unknown }): Error {
  if (error.message !== "") return error;
  const messages = error.errors?.map(({ message }) => message).join(" and ");
  return new Error(messages || String(error.code));
}
