import { filterMatches } from "../../mosquitto/authorization.ts";
import type { ListenerName } from "../../mosquitto/listener.ts";
import { brokerTopics } from "./broker-topics.ts";
import { intersection, neighbouringTopics } from "./neighbouring-topics.ts";
import type { Action, Policy, PolicyUser } from "./policy.ts";
import {
  CLIENT,
  type Gap,
  type Partner,
  type ReadProbe,
  SCRATCH,
  type UserPlan,
  type WillProbe,
  type WriteProbe,
} from "./probe.ts";
import type { RelatedTopics } from "./related-topics.ts";

/** A rule with the user's own names in it. */
export interface WordedRule {
  readonly text: string;
  readonly denies: boolean;
  readonly filter: string;
}

/** How many topics of other rules a user is tried on beside those just outside of each of its own. */
const NEIGHBOURS = 2;

const NO_RULE = "no rule";

const AN_ORDER = "a message there is an order to the broker";

/** A plan for one user in the making. */
export class ProbePlan implements UserPlan {
  readonly user: PolicyUser;
  readonly writes: WriteProbe[] = [];
  readonly reads: ReadProbe[] = [];
  readonly wills: WillProbe[] = [];
  readonly gaps: Gap[] = [];
  readonly #policy: Policy;
  readonly #topicsInside: Readonly<Record<Action, RelatedTopics>>;
  readonly #company: ReadonlySet<PolicyUser>;
  readonly #seen = new Set<string>();

  constructor(
    user: PolicyUser,
    policy: Policy,
    topicsInside: Readonly<Record<Action, RelatedTopics>>,
    company: ReadonlySet<PolicyUser>,
  ) {
    this.user = user;
    this.#policy = policy;
    this.#topicsInside = topicsInside;
    this.#company = company;
  }

  planWrites({ text: rule, filter }: WordedRule): void {
    if (filter.startsWith("$CONTROL")) {
      this.gaps.push({ of: "write", allowed: true, rule, reason: AN_ORDER });
      return;
    }
    const { inside, outside } = neighbouringTopics(filter, SCRATCH);
    for (const topic of [...inside, ...outside]) this.#planWrite(topic, rule);
  }

  /** A deny shows where it takes something from an allow. */
  planExceptions({ text: rule, filter }: WordedRule, rules: readonly WordedRule[]): void {
    for (const allow of rules.filter(({ denies }) => !denies)) {
      const topic = intersection(filter, allow.filter, SCRATCH);
      if (topic === undefined || topic.startsWith("$")) continue;
      this.#planWrite(topic, rule);
      const source = this.#partner("write", topic);
      if (source !== undefined) this.#planRead(topic, rule, source);
    }
  }

  planReads({ text: rule, filter }: WordedRule): void {
    const { inside, outside } = neighbouringTopics(filter, SCRATCH);
    const [own = filter, ...others] = inside;
    this.#planReadInside(own, filter, rule);
    this.#planReadsWhereWritten(others, rule);
    const beyond = [...outside, ...this.#foreign("write", filter, "read")];
    if (this.#planReadsWhereWritten(beyond, rule) > 0 || filter === "#") return;
    const reason = "nobody may write just outside of it, so there is nothing to be read";
    this.gaps.push({ of: "read", allowed: false, rule, reason });
  }

  /** What tells a listener without an ACL, for users whose rules leave nothing outside too. */
  planCanaries(): void {
    this.#planWrite(SCRATCH, NO_RULE);
    this.#planWrite(`$SYS/${SCRATCH}`, NO_RULE);
    const [closed] = brokerTopics.filter((topic) => !this.#may("read", topic));
    if (closed !== undefined) this.#planRead(closed, NO_RULE, "broker");
  }

  /** A will takes a connection of its own, so each rule has one inside and one outside, on its listeners in turn. */
  planWills(rules: readonly WordedRule[]): void {
    const { listeners } = this.user;
    for (let turn = 0; turn < Math.max(rules.length, listeners.length); turn += 1) {
      const rule = rules[turn % rules.length];
      const listener = listeners[turn % listeners.length];
      if (rule === undefined || listener === undefined || rule.filter.startsWith("$")) continue;
      const { inside, outside } = neighbouringTopics(rule.filter, SCRATCH);
      const [own = rule.filter] = inside;
      this.#planWill([own], this.#may("write", own), rule.text, listener);
      if (!this.#may("write", own)) continue;
      const beyond = [...outside, ...this.#foreign("read", rule.filter, "write")];
      this.#planWill(
        beyond.filter((topic) => !this.#may("write", topic)),
        false,
        rule.text,
        listener,
      );
    }
  }

  #planWrite(topic: string, rule: string): void {
    if (!this.#isNew(`write ${topic}`)) return;
    const partner = this.#partner("read", topic);
    this.writes.push({ topic, rule, allowed: this.#may("write", topic), partner });
  }

  #planRead(topic: string, rule: string, source: ReadProbe["source"]): void {
    if (!this.#isNew(`read ${topic}`)) return;
    this.reads.push({ topic, rule, allowed: this.#may("read", topic), source });
  }

  /** Gives on how many of the topics somebody may write, so that there is a probe now, by this rule or by another. */
  #planReadsWhereWritten(topics: readonly string[], rule: string): number {
    let planned = 0;
    for (const topic of topics) {
      const source = this.#partner("write", topic);
      if (source === undefined) continue;
      this.#planRead(topic, rule, source);
      planned += 1;
    }
    return planned;
  }

  /** Where nobody may write on the rule's own scratch topic, one where the rule and another's right meet. */
  #planReadInside(own: string, filter: string, rule: string): void {
    for (const topic of this.#candidates(own, filter)) {
      const source = this.#partner("write", topic);
      if (source !== undefined) {
        this.#planRead(topic, rule, source);
        return;
      }
    }
    const reason = "no user may write there, so there is nothing to be read";
    this.gaps.push({ of: "read", allowed: this.#may("read", own), rule, reason });
  }

  *#candidates(own: string, filter: string): Generator<string, undefined> {
    yield own;
    for (const other of this.#policy.overlapping("write", filter)) {
      const topic = intersection(filter, other, SCRATCH);
      if (topic !== undefined) yield topic;
    }
  }

  planBrokerReads({ text: rule, filter }: WordedRule): void {
    const inside = brokerTopics.filter((topic) => filterMatches(filter, topic)).slice(0, 2);
    for (const topic of inside) this.#planRead(topic, rule, "broker");
    const outside = brokerTopics.find((topic) => !this.#may("read", topic));
    if (outside !== undefined) this.#planRead(outside, rule, "broker");
    if (inside.length > 0) return;
    const reason = "the broker does not always have a message there, and no user may write one";
    this.gaps.push({ of: "read", allowed: this.#may("read", filter), rule, reason });
  }

  /** On the first topic where somebody would hear it. A client cannot hear its own will. */
  #planWill(topics: readonly string[], allowed: boolean, rule: string, listener: ListenerName): void {
    for (const topic of topics) {
      const partner = this.#other("read", topic);
      if (partner === undefined) continue;
      this.wills.push({ topic, rule, allowed, listener, partner });
      return;
    }
    const reason = "no client would receive such a will";
    this.gaps.push({ of: "will", allowed, rule, listener, reason });
  }

  /** Topics of others' rules, the nearest ones, that this user has no right on. */
  #foreign(given: Action, filter: string, action: Action): string[] {
    const found: string[] = [];
    for (const topic of this.#topicsInside[given].nearest(filter)) {
      if (found.length >= NEIGHBOURS) break;
      if (!this.#may(action, topic)) found.push(topic);
    }
    return found;
  }

  #may(action: Action, topic: string): boolean {
    return this.#policy.decide(this.user, action, topic, CLIENT).allowed;
  }

  #partner(action: Action, topic: string): Partner | undefined {
    return this.#may(action, topic) ? "self" : this.#other(action, topic);
  }

  /** Somebody who may whatever its client id is; the user itself is preferred, then one who is there anyway. */
  #other(action: Action, topic: string): PolicyUser | undefined {
    if (this.#policy.decide(this.user, action, topic).allowed) return this.user;
    return this.#policy.capable(action, topic, this.#company).next().value;
  }

  #isNew(key: string): boolean {
    const isNew = !this.#seen.has(key);
    this.#seen.add(key);
    return isNew;
  }
}
