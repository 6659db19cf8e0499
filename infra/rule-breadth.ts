import type { AccessRule } from "../mosquitto/acl.ts";
import { filterCovers, sharedFilter } from "../mosquitto/filter-cover.ts";
import { FilterIndex } from "../mosquitto/filter-index.ts";
import { hasPlaceholder, placeholders, substituteUser } from "../mosquitto/pattern.ts";
import { type AccessPolicy, loginNames } from "./login-names.ts";
import type { HeldRule, WrittenRule } from "./written-rules.ts";

/** What a rule is about, one by one. */
export function accessesOf({ access }: AccessRule): readonly ("read" | "write" | "deny")[] {
  return access === "readwrite" ? ["read", "write"] : [access];
}

/** Says of a rule of a policy in which ways it is wider than rules need to be; a deny is never too wide. */
export class RuleBreadth {
  readonly #policy: AccessPolicy;
  /** Who writes, by filter. */
  readonly #writers: ReadonlyMap<string, readonly string[]>;
  readonly #written: FilterIndex;

  constructor(policy: AccessPolicy) {
    this.#policy = policy;
    const writers = new Map<string, string[]>();
    for (const [user, { rules }] of Object.entries(policy.users)) {
      const shared = policy.patterns.filter(writes).flatMap(({ filter }) => filtersFor(policy, user, filter));
      for (const filter of new Set([...rules.filter(writes).map((rule) => rule.filter), ...shared])) {
        const others = writers.get(filter);
        if (others === undefined) writers.set(filter, [user]);
        else others.push(user);
      }
    }
    this.#writers = writers;
    this.#written = new FilterIndex(writers.keys());
  }

  faultsOf(rule: WrittenRule): readonly string[] {
    if (rule.access === "deny") return [];
    const [first] = rule.filter.split("/");
    return [
      ...(first === "#" ? ["it takes in every topic but those that begin with $"] : []),
      ...(first === "+" || first === placeholders.client ? ["it takes in every first level"] : []),
      ...(hasPlaceholder(rule.filter, "client") && this.#policy.clientIds === "free"
        ? ["any user can choose another's client id, and has its topics then"]
        : []),
      ...this.#sharedWrite(rule),
    ];
  }

  /**
   * Where several users may write, a message does not tell which of them it is from.
   *
   * Of two rules of which one has all of the other's topics and more, only the wider one is to blame.
   */
  #sharedWrite({ access, held }: WrittenRule): readonly string[] {
    if (!writes({ access, filter: "" })) return [];
    // A pattern with `%c` is held by nobody; that clients can choose whose topics they have is said of it already.
    const open = held.filter(({ rule }) => /[+#]/.test(rule.filter));
    const members = new Set(held.map(({ user }) => user));
    const found = new Set(open.flatMap((one) => this.#otherWriters(one)));
    if (found.size === 0) return [];
    const others = Object.keys(this.#policy.users).filter((user) => found.has(user));
    if (members.size > 1) {
      const all = [...members].filter((user) => found.has(user));
      const outside = others.filter((user) => !members.has(user));
      return [`several users can write to the same topics: ${someOf([...all, ...outside])}`];
    }
    return [`${someOf(others)} can write there too`];
  }

  #otherWriters({ user, rule }: HeldRule): readonly string[] {
    return this.#written.overlapping(rule.filter).flatMap((filter) => {
      const users = this.#writers.get(filter) ?? [];
      const shared = sharedFilter(rule.filter, filter);
      if (shared === undefined || this.#isDenied(user, shared)) return [];
      if (filterCovers(filter, rule.filter) && !filterCovers(rule.filter, filter)) return [];
      return users.filter((other) => other !== user && !this.#isDenied(other, shared));
    });
  }

  #isDenied(user: string, filter: string): boolean {
    const rules = this.#policy.users[user]?.rules ?? [];
    return rules.some((rule) => rule.access === "deny" && filterCovers(rule.filter, filter));
  }
}

/** What a pattern with `%c` comes to for one user: any level where clients choose their ids, else the names of its accounts. */
function filtersFor(policy: AccessPolicy, user: string, pattern: string): readonly string[] {
  const settings = policy.users[user];
  if (settings === undefined) return [];
  const ids = policy.clientIds === "free" ? ["+"] : loginNames(policy, user, settings);
  const levels = substituteUser(pattern, user).split("/");
  return ids.map((id) => levels.map((level) => (level === placeholders.client ? id : level)).join("/"));
}

function writes(rule: AccessRule): boolean {
  return accessesOf(rule).includes("write");
}

/** How many names a sentence takes. */
const NAMES = 4;

/** For instance `a, b and c`, or `a, b, c, d and 7 more`. */
export function someOf(names: readonly string[]): string {
  const shown = names.length > NAMES + 1 ? names.slice(0, NAMES) : names.slice(0, -1);
  const last = names.length > NAMES + 1 ? `${names.length - NAMES} more` : (names.at(-1) ?? "");
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}
