import type { StackOutputs } from "../../infra/contract.ts";
import type { Access, AccessControlList, AccessRule } from "../../mosquitto/acl.ts";
import { authorize, type Decision } from "../../mosquitto/authorization.ts";
import { FilterIndex } from "../../mosquitto/filter-index.ts";
import type { ListenerName } from "../../mosquitto/listener.ts";
import { hasPlaceholder } from "../../mosquitto/pattern.ts";

export type Action = "read" | "write";

/** A user as the policy has it, under the name that it logs in with now. */
export interface PolicyUser {
  readonly name: string;
  readonly account: string;
  readonly rules: readonly AccessRule[];
  readonly listeners: readonly ListenerName[];
  /** Its place among all users. */
  readonly index: number;
}

/** Where a client id is asked for and none is meant: it is nobody's. */
const NOBODY = "smoke-nobody";

/** The filters that a right is given on, without those with a client's name in them, and who has it. */
interface Holders {
  readonly users: ReadonlyMap<string, ReadonlySet<PolicyUser>>;
  readonly index: FilterIndex;
}

/** What the outputs say of access, and who may do what by it. */
export class Policy {
  readonly users: readonly PolicyUser[];
  readonly patterns: readonly AccessRule[];
  readonly #holders: Readonly<Record<Action, Holders>>;
  readonly #lists: readonly AccessControlList[];

  constructor({ users, patterns, credentials }: Pick<StackOutputs, "users" | "patterns" | "credentials">) {
    this.users = Object.entries(users).map(([name, { rules, listeners }], index) => ({
      ...{ name, rules, listeners, index },
      account: Object.hasOwn(credentials, name) ? (credentials[name]?.username ?? name) : name,
    }));
    this.patterns = patterns;
    this.#lists = this.users.map(({ account, rules }) => ({ users: [{ name: account, rules }], patterns }));
    this.#holders = { read: this.#holdersOf("read"), write: this.#holdersOf("write") };
  }

  /** What the reference model of the broker's rules says. */
  decide(user: PolicyUser, action: Action, topic: string, clientId: string = NOBODY): Decision {
    const own = this.#lists[user.index] ?? { users: [], patterns: this.patterns };
    return authorize(own, { username: user.account, clientId }, action, topic);
  }

  /**
   * The users that may do something whatever their client id is, found one by one.
   *
   * @param company who is asked first
   */
  *capable(
    action: Action,
    topic: string,
    company: Iterable<PolicyUser> = [],
  ): Generator<PolicyUser, undefined> {
    const { index, users } = this.#holders[action];
    const holders = index.overlapping(topic).map((filter) => users.get(filter) ?? new Set<PolicyUser>());
    const seen = new Set<PolicyUser>();
    for (const user of company) {
      if (!holders.some((own) => own.has(user))) continue;
      seen.add(user);
      if (this.decide(user, action, topic).allowed) yield user;
    }
    for (const own of holders) {
      for (const user of own) {
        if (seen.has(user)) continue;
        seen.add(user);
        if (this.decide(user, action, topic).allowed) yield user;
      }
    }
  }

  /** Every filter on which anybody has a right. */
  filters(action: Action): Iterable<string> {
    return this.#holders[action].users.keys();
  }

  /** Those of {@link filters} that share a topic with another one. */
  overlapping(action: Action, filter: string): readonly string[] {
    return this.#holders[action].index.overlapping(filter);
  }

  #holdersOf(action: Action): Holders {
    const wanted: readonly Access[] = [action, "readwrite"];
    const users = new Map<string, Set<PolicyUser>>();
    const shared = this.patterns.filter(({ filter }) => !hasPlaceholder(filter));
    for (const user of this.users) {
      for (const { access, filter } of [...user.rules, ...shared]) {
        if (!wanted.includes(access)) continue;
        const own = users.get(filter) ?? new Set();
        users.set(filter, own.add(user));
      }
    }
    return { users, index: new FilterIndex(users.keys()) };
  }
}
