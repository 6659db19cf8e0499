import type { Access as Right } from "../mosquitto/acl.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import type { GrantedRule } from "../mosquitto/role.ts";
import type { AccessUse } from "./access-use.ts";
import type { AccessPolicy } from "./login-names.ts";
import { accessesOf, RuleBreadth, someOf } from "./rule-breadth.ts";
import { type Shadow, shadows } from "./rule-shadow.ts";
import { type HeldRule, type WrittenRule, written, writtenRules } from "./written-rules.ts";

/** What a reviewer may want to take away. */
export const findingKinds = ["wide", "shadowed", "unused"] as const;

export interface Finding {
  readonly kind: (typeof findingKinds)[number];
  /** A sentence without its end. */
  readonly words: string;
  /** Of the users that have the rule, those that it is about. @default all */
  readonly users?: readonly string[];
}

/** Whether something was done since the log began: when last (ISO 8601), or not at all, or there is no telling. */
export type Use = string | "never" | "unknown";

export interface ReviewedRule {
  readonly access: Right;
  /** As it was written, with placeholders. */
  readonly filter: string;
  /** Whether anybody subscribed to some of it, for a rule that lets read; whether anybody wrote, for one that lets write. */
  readonly use: { readonly read?: Use; readonly write?: Use };
  readonly findings: readonly Finding[];
}

/** A user, a role or everyone, and the rules that are written there. */
export interface ReviewedPlace {
  readonly kind: "user" | "role" | "everyone";
  /** The user's or the role's; empty for everyone. */
  readonly name: string;
  /** Of a user. */
  readonly login?: {
    readonly listeners: readonly ListenerName[];
    readonly roles: readonly string[];
    readonly last: Use;
  };
  /** Of a role: who has it, by itself or by another role. */
  readonly members?: readonly string[];
  readonly rules: readonly ReviewedRule[];
  readonly findings: readonly Finding[];
}

export interface AccessReview {
  /** What the use is known from. @default it is not known */
  readonly log?: Pick<AccessUse, "began" | "isWhole">;
  readonly places: readonly ReviewedPlace[];
  /** How many findings of each kind there are. */
  readonly counts: Readonly<Record<Finding["kind"], number>>;
}

/** Goes through a policy for a person who asks what could be taken away. */
export function reviewAccess(policy: AccessPolicy, use?: AccessUse): AccessReview {
  const reviewer = new Reviewer(policy, use);
  const rules = writtenRules(policy);
  const of = (kind: string, name: string) =>
    rules.filter(({ place }) => place.kind === kind && ("name" in place ? place.name : "") === name);
  const places = [
    ...Object.keys(policy.users).map((name) => reviewer.user(name, of("user", name))),
    ...Object.keys(policy.roles).map((name) => reviewer.role(name, of("role", name))),
    ...(of("everyone", "").length > 0 ? [reviewer.everyone(of("everyone", ""))] : []),
  ];
  const all = places.flatMap((place) => [...place.findings, ...place.rules.flatMap((rule) => rule.findings)]);
  const counts = findingKinds.map((kind) => [kind, all.filter((finding) => finding.kind === kind).length]);
  const log = use && { began: use.began, isWhole: use.isWhole };
  return { ...(log === undefined ? {} : { log }), places, counts: Object.fromEntries(counts) };
}

class Reviewer {
  readonly #policy: AccessPolicy;
  readonly #use: AccessUse | undefined;
  readonly #breadth: RuleBreadth;
  readonly #shadows: ReadonlyMap<GrantedRule, Shadow>;

  constructor(policy: AccessPolicy, use: AccessUse | undefined) {
    this.#policy = policy;
    this.#use = use;
    this.#breadth = new RuleBreadth(policy);
    this.#shadows = new Map(Object.values(policy.users).flatMap(({ rules }) => [...shadows(rules)]));
  }

  user(name: string, rules: readonly WrittenRule[]): ReviewedPlace {
    const settings = this.#policy.users[name];
    if (settings === undefined) throw new Error(`${name} is no user of the policy`);
    const { listeners, roles } = settings;
    const last = this.#lastLogIn(name);
    return {
      ...{ kind: "user", name, login: { listeners, roles, last } },
      rules: rules.map((rule) => this.#rule(rule)),
      findings: last === "never" ? [{ kind: "unused", words: "it never logged in" }] : [],
    };
  }

  role(name: string, rules: readonly WrittenRule[]): ReviewedPlace {
    const members = Object.keys(this.#policy.users).filter((user) => this.#rolesOf(user).has(name));
    const idle: Finding = { kind: "unused", words: "nobody has this role" };
    return {
      ...{ kind: "role", name, members },
      rules: rules.map((rule) => this.#rule(rule)),
      findings: members.length === 0 ? [idle] : [],
    };
  }

  everyone(rules: readonly WrittenRule[]): ReviewedPlace {
    return { kind: "everyone", name: "", rules: rules.map((rule) => this.#rule(rule)), findings: [] };
  }

  #rule(rule: WrittenRule): ReviewedRule {
    const wide = this.#breadth.faultsOf(rule).map((words): Finding => ({ kind: "wide", words }));
    const use = this.#useOf(rule);
    const held = this.#holders(rule).some((user) => this.#lastLogIn(user) !== "never");
    const unused: readonly Finding[] =
      use.read === "never" && held ? [{ kind: "unused", words: "nothing of it was subscribed to" }] : [];
    const { access, filter } = rule;
    return { access, filter, use, findings: [...wide, ...this.#shadowed(rule), ...unused] };
  }

  #shadowed({ held }: WrittenRule): readonly Finding[] {
    const users = new Map<string, string[]>();
    for (const { user, rule } of held) {
      const shadow = this.#shadows.get(rule) ?? this.#double(user, rule);
      if (shadow === undefined) continue;
      const words = sentence(shadow);
      users.set(words, [...(users.get(words) ?? []), user]);
    }
    return [...users].map(([words, about]) => ({
      ...{ kind: "shadowed", words },
      ...(about.length === held.length ? {} : { users: about }),
    }));
  }

  /** A user has a rule once, as its own, that a role of its gives as well. */
  #double(user: string, rule: GrantedRule): Shadow | undefined {
    if (rule.role !== undefined) return undefined;
    const role = [...this.#rolesOf(user)].find((name) => {
      const { rules = [], patterns = [] } = this.#policy.roles[name] ?? {};
      return [...rules, ...patterns].some((given) => written(given) === written(rule));
    });
    return role === undefined ? undefined : { denied: false, by: [{ ...rule, role }] };
  }

  #useOf(rule: WrittenRule): ReviewedRule["use"] {
    const users = this.#holders(rule);
    if (this.#use === undefined || users.length === 0) return {};
    const lets = accessesOf(rule);
    const idle = users.every((user) => this.#lastLogIn(user) === "never");
    return {
      ...(lets.includes("read") ? { read: this.#readUse(rule, this.#use) } : {}),
      // Mosquitto logs no publishing but for debugging; who never logged in published nothing.
      ...(lets.includes("write") ? { write: idle ? "never" : "unknown" } : {}),
    };
  }

  #readUse(rule: WrittenRule, use: AccessUse): Use {
    const own = this.#policy.patterns.filter((pattern) => written(pattern) === written(rule));
    const all = rule.held.length > 0 ? rule.held.map((held: HeldRule) => held.rule) : own;
    const latest = all
      .map((one) => use.subscriptions.get(one) ?? "")
      .sort()
      .at(-1);
    if (latest) return latest;
    const users = this.#holders(rule).filter((user) => use.logIns.has(user));
    return users.some((user) => use.resuming.has(user)) ? "unknown" : "never";
  }

  /** Who can use a rule: those that have it, or everyone for a pattern that the broker applies. */
  #holders({ held, place }: WrittenRule): readonly string[] {
    return held.length > 0 || place.kind !== "everyone"
      ? held.map(({ user }) => user)
      : Object.keys(this.#policy.users);
  }

  #lastLogIn(user: string): Use {
    if (this.#use === undefined) return "unknown";
    return this.#use.logIns.get(user) ?? "never";
  }

  /** A user's roles, and theirs. */
  #rolesOf(user: string): ReadonlySet<string> {
    const found = new Set(this.#policy.users[user]?.roles);
    for (const name of found) {
      for (const inner of this.#policy.roles[name]?.roles ?? []) found.add(inner);
    }
    return found;
  }
}

function sentence({ denied, by }: Shadow): string {
  const covers = by.map(
    (rule) => `${written(rule)}${rule.role === undefined ? "" : ` of role ${rule.role}`}`,
  );
  return denied
    ? `it never takes effect: ${covers.join()} covers it`
    : `${someOf(covers)} ${covers.length === 1 ? "covers" : "cover"} it`;
}
