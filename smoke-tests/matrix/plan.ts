import type { AccessRule } from "../../mosquitto/acl.ts";
import { placeholders, substituteUser } from "../../mosquitto/pattern.ts";
import { isAboutTheBroker } from "./broker-topics.ts";
import { neighbourhood } from "./neighbourhood.ts";
import type { Deed, Policy, PolicyUser } from "./policy.ts";
import { Sketch, type WordedRule } from "./sketch.ts";
import { CLIENT, isReal, SCRATCH, type UserPlan } from "./trial.ts";

/** Plans what a policy's users are tried on; nothing is sent yet. */
export class Planner {
  readonly #policy: Policy;
  /** A scratch topic of every filter that somebody has a right on. */
  readonly #grounds: Readonly<Record<Deed, readonly string[]>>;

  constructor(policy: Policy) {
    this.#policy = policy;
    this.#grounds = { read: groundsOf(policy.filters("read")), write: groundsOf(policy.filters("write")) };
  }

  /** @param company users that are there anyway, and are preferred as partners */
  plan(user: PolicyUser, company: ReadonlySet<PolicyUser>): UserPlan {
    const sketch = new Sketch(user, this.#policy, this.#grounds, company);
    const rules = [...user.rules, ...this.#policy.patterns].map((rule) => inWords(rule, user));
    for (const rule of rules) {
      sketch.planWrites(rule);
      if (rule.denies) sketch.planExceptions(rule, rules);
      if (isAboutTheBroker(rule.filter)) sketch.planBrokerReads(rule);
      else sketch.planReads(rule);
    }
    sketch.planCanaries();
    sketch.planWills(rules);
    return sketch;
  }
}

function inWords(
  { access, filter, ...origin }: AccessRule & { pattern?: string },
  user: PolicyUser,
): WordedRule {
  const own = substituteUser(filter, user.account).split("/");
  const filled = own.map((level) => (level === placeholders.client ? CLIENT : level)).join("/");
  return { denies: access === "deny", text: `${access} ${origin.pattern ?? filter}`, filter: filled };
}

function groundsOf(filters: Iterable<string>): string[] {
  const topics = [...filters]
    .filter((filter) => !filter.startsWith("$"))
    .flatMap((filter) => neighbourhood(filter, SCRATCH).inside.slice(0, 1));
  return [...new Set(topics)].filter((topic) => !isReal(topic));
}
