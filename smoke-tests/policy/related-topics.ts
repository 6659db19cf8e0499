import { commonLevels } from "./neighbouring-topics.ts";

/** Topics that are looked at for those that are wanted; in a large policy, more would take a proof's time. */
const MOST_LOOKED_AT = 64;

/** Topics in such an order that those with the most first levels in common with a filter are beside each other. */
export class RelatedTopics {
  readonly #topics: readonly string[];
  readonly #keys: readonly string[];

  constructor(topics: Iterable<string>) {
    const keyed = [...new Set(topics)].map((topic) => ({ topic, key: keyOf(topic) }));
    keyed.sort((one, other) => (one.key < other.key ? -1 : 1));
    this.#topics = keyed.map(({ topic }) => topic);
    this.#keys = keyed.map(({ key }) => key);
  }

  /** Topics that begin most like a filter, the nearest first; not all, where there are very many. */
  *nearest(filter: string): Generator<string, undefined> {
    let after = this.#position(keyOf(filter));
    let before = after - 1;
    for (let looked = 0; looked < MOST_LOOKED_AT; looked += 1) {
      const [left, right] = [this.#topics[before], this.#topics[after]];
      if (right !== undefined && (left === undefined || near(filter, right) >= near(filter, left))) {
        after += 1;
        yield right;
      } else if (left !== undefined) {
        before -= 1;
        yield left;
      } else return;
    }
  }

  /** The index of the first key that is not before this one. */
  #position(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A text whose order is that of the levels: what ends a level comes before every letter. */
export function keyOf(topic: string): string {
  return topic.replaceAll("/", "\u0000");
}

function near(filter: string, topic: string): number {
  return commonLevels(filter, topic);
}
