import type { StackOutputs } from "../../infra/contract.ts";
import { type ListenerName, listenerIn, listenersIn } from "../../mosquitto/listener.ts";
import { AccountPool } from "../account-pool.ts";
import { endpointOf, isClosed } from "../endpoint.ts";
import type { Check } from "../proof.ts";
import { type Access, BATCH_STEPS, Batch } from "./batch.ts";
import type { Entrance } from "./connection.ts";
import { evaluate, rankOf } from "./evaluation.ts";
import { demandHolding } from "./held-message.ts";
import { Planner } from "./planner.ts";
import { Policy, type PolicyUser } from "./policy.ts";

/** How far a proof of the policy has come. */
export interface PolicyProgress {
  /** From 0 to 1. */
  readonly done: number;
  /** Checks made so far. */
  readonly checks: number;
}

export interface PolicyProofOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PolicyProgress) => void) | undefined;
}

/** Users that are tried at the same time, so that connections stay far below a listener's limit. */
const BATCH = 25;

/**
 * Proves the policy: each user with each of its rules, reading and writing, on each listener, inside of the rule
 * and just outside, live, retained, by a shared subscription and by a will; and that nobody gets in elsewhere.
 *
 * What is expected comes from the reference model of the broker's rules. Nothing is sent that a real client could
 * get on a topic without a wildcard; see docs/adr/0010.
 */
export async function provePolicy(outputs: StackOutputs, options: PolicyProofOptions = {}): Promise<Check[]> {
  const { signal, onProgress } = options;
  // The names of the accounts that the proof has are not those that the patterns are for.
  const patterns = outputs.clientIds === "own" ? [] : outputs.patterns;
  const policy = new Policy({ ...outputs, patterns });
  const planner = new Planner(policy);
  const entrance = entrancesOf(outputs);
  const checks: Check[] = outputs.clientIds === "own" ? outputs.patterns.map(unprovable) : [];
  let steps = 0;
  const total = Math.ceil(policy.users.length / BATCH) * BATCH_STEPS;
  const step = () => {
    steps += 1;
    onProgress?.({ done: steps / total, checks: checks.length });
  };
  const holding = await demandHolding(policy, entrance);
  checks.push(holding);
  const asksForPasswords = (listener: ListenerName) =>
    listenerIn(outputs.listeners, listener).clientCertificates !== "identity";
  const holds = holding.outcome !== "failed";
  const closed = (listener: ListenerName) => isClosed(outputs, listener);
  const listeners = listenersIn(outputs.listeners);
  const access: Access = { entrance, asksForPasswords, closed, holds, step, signal };
  for (let from = 0; from < policy.users.length; from += BATCH) {
    if (signal?.aborted) break;
    checks.push(...(await proveSome(policy.users.slice(from, from + BATCH), listeners, planner, access)));
  }
  if (signal?.aborted) checks.push(interrupted);
  return checks.sort((one, other) => rankOf(one) - rankOf(other));
}

async function proveSome(
  users: readonly PolicyUser[],
  listeners: readonly ListenerName[],
  planner: Planner,
  access: Access,
): Promise<Check[]> {
  const company = new Set(users);
  const plans = [];
  for (const user of users) {
    plans.push(planner.plan(user, company));
    // A plan takes milliseconds, in which no answer of the broker can be hasReceived.
    await new Promise(setImmediate);
  }
  const batch = new Batch(plans, listeners, access);
  try {
    await batch.run();
    return [...evaluate(batch), ...(await leave(batch))];
  } finally {
    await batch.close();
  }
}

async function leave(batch: Batch): Promise<Check[]> {
  await batch.close();
  if (batch.leftovers.length === 0) return [];
  const about = { subject: "Policy", name: "nothing of these checks is left on the broker" } as const;
  const seen = `${batch.leftovers.length} retained messages, such as on ${batch.leftovers[0]}`;
  return [{ ...about, outcome: "failed", milliseconds: 0, expected: "no retained message", seen }];
}

function unprovable({ access, filter }: StackOutputs["patterns"][number]): Check {
  return {
    subject: "Policy",
    name: "a pattern with %c holds for each client's id",
    rule: `${access} ${filter}`,
    outcome: "not applicable",
    milliseconds: 0,
    reason: "client ids are the accounts', and to log in with a user's own account would end its client",
  };
}

const interrupted: Check = Object.freeze({
  subject: "Run",
  name: "the policy is tried to its end",
  outcome: "failed",
  milliseconds: 0,
  expected: "every user to be tried",
  seen: "an interruption before the last",
});

function entrancesOf(outputs: StackOutputs) {
  const accounts = new AccountPool(outputs, "policy");
  return ({ name }: PolicyUser, listener: ListenerName): Entrance => {
    const { username, password } = outputs.credentials[name] ?? {};
    const { queuedBytes } = outputs.limits;
    const credential = { username, password };
    return { endpoint: endpointOf({ outputs }, listener, accounts), credential, queuedBytes };
  };
}
