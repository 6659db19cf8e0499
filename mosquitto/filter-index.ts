interface Level {
  /** Whether a filter ends here. */
  ends: boolean;
  readonly below: Map<string, Level>;
}

/** Topic filters, level by level, so that those that overlap with one are found without a look at all of them. */
export class FilterIndex {
  readonly #root = level();

  constructor(filters: Iterable<string>) {
    for (const filter of filters) {
      let here = this.#root;
      for (const name of filter.split("/")) {
        const next = here.below.get(name) ?? level();
        here.below.set(name, next);
        here = next;
      }
      here.ends = true;
    }
  }

  /** The filters that share a topic with one; see `sharedFilter` for when that is. */
  overlapping(filter: string): readonly string[] {
    const found: string[] = [];
    // A wildcard at the front reaches no topic that begins with `$`, so the one and the other never meet.
    const meets = (name: string) => name.startsWith("$") === filter.startsWith("$");
    for (const [name, below] of this.#root.below) {
      if (meets(name)) collect(below, [name], filter.split("/"), found);
    }
    return found;
  }
}

function level(): Level {
  return { ends: false, below: new Map() };
}

/** Goes down from a level whose own name is the last of a path, and is yet to be compared. */
function collect(here: Level, path: readonly string[], wanted: readonly string[], found: string[]): void {
  const [name = ""] = path.slice(-1);
  const want = wanted[path.length - 1];
  if (name === "#" || want === "#") {
    collectAll(here, path, found);
    return;
  }
  if (want === undefined || (name !== "+" && want !== "+" && name !== want)) return;
  const next = wanted[path.length];
  if (here.ends && (next === undefined || next === "#")) found.push(path.join("/"));
  if (next === undefined) {
    if (here.below.get("#")?.ends) found.push([...path, "#"].join("/"));
    return;
  }
  const names = next === "+" || next === "#" ? here.below.keys() : new Set([next, "+", "#"]);
  for (const below of names) {
    const level = here.below.get(below);
    if (level !== undefined) collect(level, [...path, below], wanted, found);
  }
}

function collectAll(here: Level, path: readonly string[], found: string[]): void {
  if (here.ends) found.push(path.join("/"));
  for (const [name, below] of here.below) collectAll(below, [...path, name], found);
}
