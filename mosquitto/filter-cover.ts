/** Topic filters as sets of topics (MQTT 5, 4.7): what they share, and which of two holds the other. All are valid. */

/**
 * The filter of just those topics that two filters both take in, or nothing where there is none.
 *
 * For instance `a/+` and `+/b/#` share `a/b`; `a/#` and `a` share `a`, as `#` takes its parent in too. A
 * wildcard at the front does not reach topics that begin with `$`.
 */
export function sharedFilter(one: string, other: string): string | undefined {
  if (one.startsWith("$") !== other.startsWith("$")) return undefined;
  const [a, b] = [one.split("/"), other.split("/")];
  const shared: string[] = [];
  for (let index = 0; index < a.length || index < b.length; index += 1) {
    const [first, second] = [a[index], b[index]];
    if (first === "#") return [...shared, ...b.slice(index)].join("/");
    if (second === "#") return [...shared, ...a.slice(index)].join("/");
    if (first === undefined || second === undefined) return undefined;
    if (first !== second && first !== "+" && second !== "+") return undefined;
    shared.push(first === "+" ? second : first);
  }
  return shared.join("/");
}

/** Whether there is a topic that two filters both take in. */
export function filtersOverlap(one: string, other: string): boolean {
  return sharedFilter(one, other) !== undefined;
}

/** Whether a filter takes in every topic that another one does. */
export function filterCovers(wider: string, narrower: string): boolean {
  if (wider.startsWith("$") !== narrower.startsWith("$")) return false;
  const [a, b] = [wider.split("/"), narrower.split("/")];
  // The one `#` that has no parent: there is no topic without a first level.
  if (narrower === "#") return wider === "#" || wider === "+/#";
  for (const [index, level] of a.entries()) {
    if (level === "#") return true;
    const given = b[index];
    if (given === undefined || given === "#") return false;
    if (level !== "+" && level !== given) return false;
  }
  return a.length === b.length;
}
