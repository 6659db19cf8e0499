import { setTimeout as sleep } from "node:timers/promises";

/** A run of equal answers. */
export interface Turn {
  readonly answer: string;
  /** When the first of them came, in milliseconds from the start of the watch. */
  readonly since: number;
  readonly answers: number;
}

/** Milliseconds between an answer and the next attempt. */
const PAUSE = 20;

/**
 * Tries something again and again while an update runs, and notes each turn of the answers.
 *
 * An attempt that throws is an answer too, so that no claim about the others can rest on it.
 */
export class Watch {
  readonly #attempt: () => Promise<string>;
  readonly #started = performance.now();
  readonly #turns: Turn[] = [];
  readonly #finished: Promise<void>;
  #stopped = false;

  constructor(attempt: () => Promise<string>) {
    this.#attempt = attempt;
    this.#finished = this.#run();
  }

  /** Ends with an attempt that has begun only now, so that the last answer is about the present. */
  async stop(): Promise<readonly Turn[]> {
    this.#stopped = true;
    await this.#finished;
    await this.#try();
    return this.#turns;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#try();
      await sleep(PAUSE);
    }
  }

  async #try(): Promise<void> {
    const answer = await this.#attempt().catch((error: Error) => `error: ${error.message}`);
    const last = this.#turns.at(-1);
    if (last?.answer === answer) this.#turns[this.#turns.length - 1] = { ...last, answers: last.answers + 1 };
    else this.#turns.push({ answer, since: performance.now() - this.#started, answers: 1 });
  }
}

/** The answers in their order, for instance `taken (212 times), then refused (40 times)`. */
export function describeTurns(turns: readonly Turn[]): string {
  const words = turns.map(({ answer, answers }) => `${shortened(answer)} (${answers} times)`);
  return words.join(", then ") || "no answer";
}

/** A fingerprint's first bytes are enough to tell it from another. */
function shortened(answer: string): string {
  return answer.replace(/^((?:[0-9A-F]{2}:){3}[0-9A-F]{2})(?::[0-9A-F]{2}){28}$/, "the certificate $1…");
}
