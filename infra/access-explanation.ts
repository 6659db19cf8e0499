import type { AccessRule } from "../mosquitto/acl.ts";
import { authorize, type ClientIdentity, type Decision, patternMatches } from "../mosquitto/authorization.ts";
import { proofAccounts } from "../mosquitto/client-id.ts";
import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { type AnyListenerName, internalListener } from "../mosquitto/listener.ts";
import { placeholders } from "../mosquitto/pattern.ts";
import type { GrantedRule } from "../mosquitto/role.ts";
import { type AccessPolicy, loginNames } from "./login-names.ts";

/** What a client can want with a topic. */
export const wants = ["read", "write"] as const;

export type Want = (typeof wants)[number];

/** Whether a user may read or write a topic, by what, and where. */
export interface Explanation {
  readonly user: string;
  readonly want: Want;
  readonly topic: string;
  readonly allowed: boolean;
  readonly by: Decision["by"];
  /** The rule that decided. @default none did */
  readonly rule?: GrantedRule;
  /** Where a deny decided: the rules that would have allowed it. Where none did: those for the other access. */
  readonly others: readonly GrantedRule[];
  /** Who it has to be, where a pattern decided. */
  readonly client?: ClientIdentity;
  /** Where the user may log in; the internal listener is the healthcheck's alone. */
  readonly listeners: readonly AnyListenerName[];
}

/** A question about one user and one topic. */
export interface Question {
  /** A user of the policy. */
  readonly user: string;
  readonly want: Want;
  /** A topic, without wildcards. */
  readonly topic: string;
  /** @default any: where a client chooses its id, the user is allowed what it would be with any of them */
  readonly clientId?: string;
}

/** Decides as the broker will, once it has what the config says. */
export function explainAccess(policy: AccessPolicy, question: Question): Explanation {
  const settings = policy.users[question.user];
  if (settings === undefined) throw new Error(`${question.user} is no user of the policy`);
  return explain(policy, { ...settings, names: loginNames(policy, question.user, settings) }, question);
}

/** Whoever can log in. */
interface Account {
  /** The names that the broker knows it by. */
  readonly names: readonly string[];
  readonly rules: readonly GrantedRule[];
  readonly listeners: readonly AnyListenerName[];
}

function explain(
  policy: AccessPolicy,
  { names, rules, listeners }: Account,
  { user, want, topic, clientId }: Question,
): Explanation {
  const acl = { users: names.map((name) => ({ name, rules })), patterns: policy.patterns };
  const tried = names
    .flatMap((username) =>
      clientIds(policy, username, topic, clientId).map((id) => ({ username, clientId: id })),
    )
    .map((client) => ({ client, decision: authorize(acl, client, want, topic) }));
  const found = tried.find(({ decision }) => decision.allowed) ?? tried[0];
  if (found === undefined) throw new Error(`${user} has no name to log in with`);
  const { client, decision } = found;
  const others = [...rules, ...policy.patterns].filter(
    (rule) => rule.access !== "deny" && patternMatches(rule.filter, topic, client),
  );
  return {
    ...{ user, want, topic, allowed: decision.allowed, by: decision.by },
    ...(decision.rule === undefined ? {} : { rule: decision.rule }),
    others:
      decision.allowed || decision.by === "reserved topic" ? [] : others.filter(relevant(decision, want)),
    ...(decision.by === "pattern" ? { client } : {}),
    listeners,
  };
}

/** Of everybody who may read a topic or write it: how. */
export interface Reach {
  readonly user: string;
  /** One for each of read and write; at least one of them allowed. */
  readonly explanations: Readonly<Record<Want, Explanation>>;
}

/** Every user who can reach a topic. */
export function reachOf(policy: AccessPolicy, topic: string): readonly Reach[] {
  return reachesOf(Object.keys(policy.users), (user, want) => explainAccess(policy, { user, want, topic }));
}

/**
 * Every account of the stack's own that can reach a topic, by its name: the healthcheck's, and those of the smoke
 * tests where a pattern gives them a topic that is not their user's.
 */
export function ownReachOf(policy: AccessPolicy, topic: string): readonly Reach[] {
  const accounts = ownAccounts(policy, topic);
  return reachesOf([...accounts.keys()], (user, want) => {
    const account = accounts.get(user);
    if (account === undefined) throw new Error(`${user} is no account of the stack's own`);
    return explain(policy, account, { user, want, topic });
  });
}

function reachesOf(
  users: readonly string[],
  ask: (user: string, want: Want) => Explanation,
): readonly Reach[] {
  return users
    .map((user) => ({ user, explanations: { read: ask(user, "read"), write: ask(user, "write") } }))
    .filter(({ explanations: { read, write } }) => read.allowed || write.allowed);
}

/** The accounts that are no user's, by their name; of the smoke tests' only those that the topic has in a level. */
function ownAccounts(policy: AccessPolicy, topic: string): ReadonlyMap<string, Account> {
  const healthcheck: Account = {
    names: [healthcheckAccount.name],
    rules: [{ access: "read", filter: healthcheckAccount.topic }],
    listeners: [internalListener.name],
  };
  const levels = new Set(topic.split("/"));
  const proofs = Object.entries(policy.users).flatMap(([user, settings]) =>
    proofAccounts(user, settings.generation, policy.clientIds)
      .filter(({ name }) => levels.has(name))
      .map(({ name }) => [name, { ...settings, names: [name] }] as const),
  );
  return new Map([[healthcheckAccount.name, healthcheck], ...proofs]);
}

/** No pattern's `%c` stands for it. */
const NO_CLIENT_ID = "";

/** The client ids to ask about: the given one, the one that an account has, or all that a pattern could be about. */
function clientIds(
  { patterns, clientIds }: AccessPolicy,
  username: string,
  topic: string,
  given: string | undefined,
): readonly string[] {
  if (clientIds === "own") return [username];
  if (given !== undefined) return [given];
  const levels = topic.split("/");
  const found = patterns.flatMap(({ filter }) =>
    filter.split("/").flatMap((level, index) => (level === placeholders.client ? [levels[index] ?? ""] : [])),
  );
  return [...new Set([NO_CLIENT_ID, ...found])];
}

function relevant({ by }: Decision, want: Want): (rule: AccessRule) => boolean {
  const allows = ({ access }: AccessRule) => access === want || access === "readwrite";
  return by === "rule" ? allows : (rule) => !allows(rule);
}
