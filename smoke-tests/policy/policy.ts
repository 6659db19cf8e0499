import type { StackOutputs } from "../../infra/contract.ts";
import type { Access, AccessRule } from "../../mosquitto/acl.ts";
import { authorize, type Decision, filterMatches } from "../../mosquitto/authorization.ts";
import type { ListenerName } from "../../mosquitto/listener.ts";
import { hasPlaceholder } from "../../mosquitto/pattern.ts";

export type Action = "read" | "write";

/** A user as the policy has it, under the name that it logs in with now. */
export interface PolicyUser {
  readonly name: string;
  readonly account: string;
  readonly rules: readonly AccessRule[];
  readonly listeners: readonly ListenerName[];
}

/** Where a client id is asked for and none is meant: it is nobody's. */
const NOBODY = "smoke-nobody";

/** What the outputs say of access, and who may do what by it. */
export class Policy {
  readonly users: readonly PolicyUser[];
  readonly patterns: readonly AccessRule[];
  /** Every filter without a client's name in it that a right is given on, with those who have it, by what it allows. */
  readonly #holders: Readonly<Record<Action, ReadonlyMap<string, readonly PolicyUser[]>>>;

  constructor({ users, patterns, credentials }: Pick<StackOutputs, "users" | "patterns" | "credentials">) {
    this.users = Object.entries(users).map(([name, { rules, listeners }]) => ({
      ...{ name, rules, listeners },
      account: credentials[name]?.username ?? name,
    }));
    this.patterns = patterns;
    this.#holders = { read: this.#holdersOf("read"), write: this.#holdersOf("write") };
  }

  /** What the reference model of the broker's rules says. */
  decide(user: PolicyUser, action: Action, topic: string, clientId: string = NOBODY): Decision {
    const { account, rules } = user;
    const own = { users: [{ name: account, rules }], patterns: this.patterns };
    return authorize(own, { username: account, clientId }, action, topic);
  }

  /** The users that may do something whatever their client id is, found one by one. */
  *capable(action: Action, topic: string): Generator<PolicyUser, undefined> {
    const seen = new Set<PolicyUser>();
    for (const [filter, users] of this.#holders[action]) {
      if (!filterMatches(filter, topic)) continue;
      for (const user of users) {
        if (seen.has(user)) continue;
        seen.add(user);
        if (this.decide(user, action, topic).allowed) yield user;
      }
    }
  }

  /** Every filter on which anybody has a right. */
  filters(action: Action): Iterable<string> {
    return this.#holders[action].keys();
  }

  #holdersOf(action: Action): ReadonlyMap<string, readonly PolicyUser[]> {
    const wanted: readonly Access[] = [action, "readwrite"];
    const holders = new Map<string, PolicyUser[]>();
    const shared = this.patterns.filter(({ filter }) => !hasPlaceholder(filter));
    for (const user of this.users) {
      for (const { access, filter } of [...user.rules, ...shared]) {
        if (!wanted.includes(access)) continue;
        const list = holders.get(filter);
        if (list === undefined) holders.set(filter, [user]);
        else if (list.at(-1) !== user) list.push(user);
      }
    }
    return holders;
  }
}
