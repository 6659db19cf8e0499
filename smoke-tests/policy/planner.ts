import type { AccessRule } from "../../mosquitto/acl.ts";
import { placeholders, substituteUser } from "../../mosquitto/pattern.ts";
import { isAboutTheBroker } from "./broker-topics.ts";
import { neighbouringTopics } from "./neighbouring-topics.ts";
import type { Action, Policy, PolicyUser } from "./policy.ts";
import { CLIENT, SCRATCH, type UserPlan } from "./probe.ts";
import { ProbePlan, type WordedRule } from "./probe-plan.ts";
import { RelatedTopics } from "./related-topics.ts";

/** Plans what a policy's users are tried on; nothing is sent yet. */
export class Planner {
  readonly #policy: Policy;
  /** A scratch topic of every filter that somebody has a right on. */
  readonly #topicsInside: Readonly<Record<Action, RelatedTopics>>;

  constructor(policy: Policy) {
    this.#policy = policy;
    this.#topicsInside = {
      read: new RelatedTopics(topicsInsideOf(policy.filters("read"))),
      write: new RelatedTopics(topicsInsideOf(policy.filters("write"))),
    };
  }

  /** @param company users that are there anyway, and are preferred as partners */
  plan(user: PolicyUser, company: ReadonlySet<PolicyUser>): UserPlan {
    const plan = new ProbePlan(user, this.#policy, this.#topicsInside, company);
    const rules = [...user.rules, ...this.#policy.patterns].map((rule) => inWords(rule, user));
    for (const rule of rules) {
      plan.planWrites(rule);
      if (rule.denies) plan.planExceptions(rule, rules);
      if (isAboutTheBroker(rule.filter)) plan.planBrokerReads(rule);
      else plan.planReads(rule);
    }
    plan.planCanaries();
    plan.planWills(rules);
    return plan;
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

function topicsInsideOf(filters: Iterable<string>): string[] {
  return [...filters]
    .filter((filter) => !filter.startsWith("$"))
    .flatMap((filter) => neighbouringTopics(filter, SCRATCH).inside.slice(0, 1));
}
