/** Topics that tell whether a filter is in force as it is written: some that it takes in, and some just outside. */
export interface NeighbouringTopics {
  readonly inside: readonly string[];
  readonly outside: readonly string[];
}

/**
 * Makes topics of a filter by putting a scratch level in the place of wildcards and, for those outside, of each
 * level that is spelled out; so that a filter which is wider in any one level is told from the right one.
 *
 * A topic of which no level is scratch is one that real clients may use: a filter without wildcards is such a
 * topic itself, and `a` is one that `a/#` takes in (MQTT 5, 4.7.1.2).
 *
 * @param scratch a level that nothing else on the broker has
 */
export function neighbouringTopics(filter: string, scratch: string): NeighbouringTopics {
  const levels = filter.split("/");
  const open = levels.at(-1) === "#";
  const filled = levels.map((level) => (isWildcard(level) ? scratch : level));
  const inside = open ? [[...filled, scratch], filled.slice(0, -1)] : [filled];
  const strays = filled.flatMap((level, index) => (level === scratch ? [] : [filled.with(index, scratch)]));
  const deeper = open ? [] : [[...filled, scratch]];
  return { inside: topics(inside), outside: topics([...strays, ...deeper]) };
}

/**
 * A topic that two filters take in, with a scratch level where both have a wildcard; none where they never meet.
 */
export function intersection(one: string, other: string, scratch: string): string | undefined {
  const [left, right] = [one.split("/"), other.split("/")];
  if (left[0]?.startsWith("$") !== right[0]?.startsWith("$")) return undefined;
  const levels: string[] = [];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [a, b] = [levelAt(left, index), levelAt(right, index)];
    if (a === undefined || b === undefined) {
      // `a/#` takes in `a` (MQTT 5, 4.7.1.2).
      return a === "#" || b === "#" ? levels.join("/") : undefined;
    }
    if (!isWildcard(a) && !isWildcard(b) && a !== b) return undefined;
    levels.push(isWildcard(a) ? (isWildcard(b) ? scratch : b) : a);
  }
  return levels.join("/");
}

/** A `#` presences for every further level. */
function levelAt(levels: readonly string[], index: number): string | undefined {
  return levels[index] ?? (levels.at(-1) === "#" ? "#" : undefined);
}

/** How many levels two topics or filters have in common from the start. */
export function commonLevels(one: string, other: string): number {
  const [left, right] = [one.split("/"), other.split("/")];
  const parting = left.findIndex((level, index) => level !== right[index]);
  return parting < 0 ? left.length : parting;
}

function isWildcard(level: string): boolean {
  return level === "+" || level === "#";
}

function topics(all: readonly (readonly string[])[]): string[] {
  return [...new Set(all.map((levels) => levels.join("/")))].filter((topic) => topic !== "");
}
