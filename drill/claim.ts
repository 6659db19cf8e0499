import { describeTurns, type Turn } from "./watch.ts";

/** A sentence about a rotation, and whether it held. */
export interface Claim {
  readonly sentence: string;
  readonly held: boolean;
  /** What was seen instead, of a claim that did not hold. No secret is in it. */
  readonly seen?: string;
}

export function claim(sentence: string, held: boolean, seen: string): Claim {
  return held ? { sentence, held } : { sentence, held, seen };
}

/** Claims that the answers turned once, from the first to the second, and never back. */
export function claimTurn(sentence: string, turns: readonly Turn[], from: string, to: string): Claim {
  const held = turns.length === 2 && turns[0]?.answer === from && turns[1]?.answer === to;
  return claim(sentence, held, describeTurns(turns));
}

/** Claims that every answer was the same. */
export function claimConstant(sentence: string, turns: readonly Turn[], answer: string): Claim {
  const held = turns.length === 1 && turns[0]?.answer === answer;
  return claim(sentence, held, describeTurns(turns));
}

/** When the last turn of the answers came, which is the one in force; undefined if there was none. */
export function momentOfTurn(...watched: readonly (readonly Turn[])[]): number | undefined {
  const moments = watched.map((turns) => (turns.length > 1 ? turns.at(-1)?.since : undefined));
  return moments.some((moment) => moment === undefined)
    ? undefined
    : Math.max(...moments.map((moment) => moment ?? 0));
}
