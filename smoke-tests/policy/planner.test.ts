import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../../infra/contract.ts";
import { type AccessRule, accesses } from "../../mosquitto/acl.ts";
import { listenerNames } from "../../mosquitto/listener.ts";
import { Planner } from "./planner.ts";
import { type Action, Policy, type PolicyUser } from "./policy.ts";
import { CLIENT, type Partner, SCRATCH, type UserPlan } from "./probe.ts";

const RUNS = Object.freeze({ numRuns: 50 });

type Rules = readonly AccessRule[];

function policyOf(users: Readonly<Record<string, Rules>>, patterns: Rules = []): Policy {
  const entries = Object.entries(users).map(([name, rules]) => [
    name,
    { rules, listeners: [...listenerNames] },
  ]);
  const described = { users: Object.fromEntries(entries), patterns: [...patterns], credentials: {} };
  return new Policy(described as unknown as StackOutputs);
}

function plansOf(policy: Policy): UserPlan[] {
  const planner = new Planner(policy);
  return policy.users.map((user) => planner.plan(user, new Set(policy.users)));
}

const level = fc.constantFrom("a", "b", "c", "+");
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, "#"] : levels).join("/"));
const rule = fc.record({ access: fc.constantFrom(...accesses), filter });
const rules = fc.array(rule, { minLength: 1, maxLength: 4 });
const users = fc
  .array(rules, { minLength: 1, maxLength: 4 })
  .map((all) => Object.fromEntries(all.map((each, index) => [`user${index}`, each])));
const patterns = fc.constantFrom<Rules>([], [{ access: "readwrite", filter: "devices/%c/#" }]);

describe("a plan", () => {
  it("has partners that may do their part", () => {
    fc.assert(
      fc.property(users, patterns, (all, shared) => {
        const policy = policyOf(all, shared);
        const faults = plansOf(policy).flatMap(({ user, writes, reads, wills }) => {
          const own = (action: Action, topic: string) => policy.decide(user, action, topic, CLIENT).allowed;
          const can = (who: Partner, action: Action, topic: string) =>
            who === "self" ? own(action, topic) : policy.decide(who, action, topic).allowed;
          return [
            ...writes.filter(({ topic, allowed }) => allowed !== own("write", topic)),
            ...writes.filter(({ topic, partner }) => partner && !can(partner, "read", topic)),
            ...reads.filter(({ topic, allowed }) => allowed !== own("read", topic)),
            ...reads.filter(({ topic, source }) =>
              source === "broker" ? !topic.startsWith("$SYS") : !can(source, "write", topic),
            ),
            ...wills.filter(({ topic, allowed }) => allowed !== own("write", topic)),
            ...wills.filter(({ topic, partner }) => !can(partner, "read", topic)),
          ];
        });
        expect(faults).toEqual([]);
      }),
      RUNS,
    );
  });

  it("tries each rule with writing and with reading, inside and outside, or says what it leaves out", () => {
    fc.assert(
      fc.property(users, patterns, (all, shared) => {
        for (const plan of plansOf(policyOf(all, shared))) {
          const probes = [...plan.writes, ...plan.reads].map(({ topic }) => topic);
          expect(new Set(probes).size).toBeGreaterThan(0);
          const [first] = plan.user.rules;
          const text = `${first?.access} ${first?.filter}`;
          const about = (list: readonly { rule: string }[]) => list.some((each) => each.rule === text);
          expect(about(plan.writes)).toBe(true);
          expect(about(plan.reads) || about(plan.gaps)).toBe(true);
          expect(about(plan.wills) || about(plan.gaps)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it("fails where any rule is missing that is not made up for by others", () => {
    fc.assert(
      fc.property(users, fc.nat(), (all, at) => {
        const right = policyOf(all);
        const [plan] = plansOf(right) as [UserPlan];
        const [name, given] = Object.entries(all)[0] as [string, Rules];
        const index = at % given.length;
        const wrong = policyOf({ [name]: given.toSpliced(index, 1) });
        const [user] = wrong.users as [PolicyUser];
        const differs = (action: Action, topic: string) =>
          wrong.decide(user, action, topic, CLIENT).allowed !==
          right.decide(plan.user, action, topic, CLIENT).allowed;
        const matters = plan.writes.some(({ topic }) => differs("write", topic));
        const inside = given[index]?.filter.replaceAll(/[+#]/g, SCRATCH) ?? "";
        if (differs("write", inside)) expect(matters).toBe(true);
      }),
    );
  });

  it("has a pattern with the client's own id inside, and another's outside", () => {
    const pattern = { access: "readwrite", filter: "devices/%c/#" } as const;
    const [plan] = plansOf(policyOf({ one: [{ access: "read", filter: "a/#" }] }, [pattern])) as [UserPlan];
    const allowed = plan.writes.filter((probe) => probe.allowed).map(({ topic }) => topic);
    expect(allowed).toEqual([`devices/${CLIENT}/${SCRATCH}/${SCRATCH}`, `devices/${CLIENT}`]);
    const denied = plan.writes.filter((probe) => !probe.allowed).map(({ topic }) => topic);
    expect(denied).toContain(`devices/${SCRATCH}/${SCRATCH}`);
  });

  it("looks where a rule to read meets another's to write, and where a deny meets an allow", () => {
    const [reader] = plansOf(
      policyOf({
        reader: [{ access: "read", filter: "a/+/c/#" }],
        writer: [{ access: "write", filter: "a/+/+" }],
        other: [
          { access: "write", filter: "b/+/c" },
          { access: "deny", filter: "b/x/#" },
        ],
      }),
    ) as [UserPlan];
    expect(reader.reads).toContainEqual(expect.objectContaining({ topic: `a/${SCRATCH}/c`, allowed: true }));
    const [other] = plansOf(
      policyOf({
        other: [
          { access: "write", filter: "b/+/c" },
          { access: "deny", filter: "b/x/#" },
        ],
      }),
    ) as [UserPlan];
    expect(other.writes).toContainEqual({
      topic: "b/x/c",
      rule: "deny b/x/#",
      allowed: false,
      partner: undefined,
    });
  });
});
