import { type ListenerName, listenerIn, listenersIn } from "../../mosquitto/listener.ts";
import { AccountPool } from "../account-pool.ts";
import { CLOSED, endpointOf, isClosed } from "../endpoint.ts";
import type { Check } from "../proof.ts";
import type { Target } from "../target.ts";
import { BATCH_STEPS, Batch } from "./batch.ts";
import type { Entrance } from "./connection.ts";
import { evaluate, rankOf } from "./evaluation.ts";
import { Planner } from "./planner.ts";
import { Policy, type PolicyUser } from "./policy.ts";
import type { Access } from "./presence.ts";
import { keyOf } from "./related-topics.ts";
import { Tally } from "./tally.ts";

/** How far a proof of the policy has come. */
export interface PolicyProgress {
  /** From 0 to 1. */
  readonly done: number;
  /** Checks made so far. */
  readonly checks: number;
}

export interface PolicyProofOptions {
  /** The names of those who are proved; the others serve as their partners only. @default all */
  readonly users?: readonly string[] | undefined;
  /** Whether each check is kept with its user and its rule. @default for up to 250 users */
  readonly every?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PolicyProgress) => void) | undefined;
}

/** Users that are tried at the same time, so that connections stay far below a listener's limit. */
const BATCH = 25;

/** Batches at the same time: while one waits for the broker, another one computes. */
const LANES = 2;

/** Connections of a listener for partners from outside of a batch, and for wills. */
const RESERVE = 20;

/** Users of whom every check is kept. */
const EVERY_CHECK = 250;

/**
 * Bytes of queue for which a packet may have several filters: of the messages that are retained on the topics of
 * one packet, Mosquitto drops what is more.
 */
const AMPLE = Object.freeze({ bytes: 1_048_576, messages: 1_000 });

/**
 * Proves the policy on a twin: each user with each of its rules, reading and writing, on each listener, inside of the
 * rule and just outside, live, retained, by a shared subscription and by a will; and that nobody gets in elsewhere.
 * Each user has MQTT 5 on each of its listeners, and MQTT 3.1.1 on one of them in turn.
 *
 * What is expected comes from the reference model of the broker's rules. Messages are sent on every topic of the
 * policy, also retained ones, so that the broker must be one that no client is on; see docs/adr/0010.
 *
 * @returns checks with a count, where not every one is kept: see {@link Tally}
 */
export async function provePolicy(target: Target, options: PolicyProofOptions = {}): Promise<Check[]> {
  const { outputs } = target;
  const { signal, onProgress } = options;
  const policy = policyOf(target);
  const users = chosen(policy, options.users);
  const tally = new Tally(options.every ?? users.length <= EVERY_CHECK);
  if (outputs.clientIds === "own") for (const pattern of outputs.patterns) addUnprovable(pattern, tally);
  const planner = new Planner(policy);
  const plan = roomOf(target);
  const total = Math.ceil(users.length / plan.users) * BATCH_STEPS;
  let steps = 0;
  const step = () => {
    steps += 1;
    onProgress?.({ done: Math.min(1, steps / total), checks: tally.size });
  };
  const access = accessOf(target, users, { room: plan.room, atATime: plan.atATime, step, signal });
  const waiting = batches(users, plan.users);
  const lane = async () => {
    for (let next = waiting.next(); !next.done && signal?.aborted !== true; next = waiting.next()) {
      await proveSome(next.value, planner, access, tally);
    }
  };
  await Promise.all(Array.from({ length: plan.lanes }, lane));
  const checks = tally.checks(rankOf);
  return signal?.aborted ? [...checks, interrupted] : checks;
}

async function proveSome(
  users: readonly PolicyUser[],
  planner: Planner,
  access: Access,
  tally: Tally,
): Promise<void> {
  const company = new Set(users);
  const plans = [];
  for (const user of users) {
    plans.push(planner.plan(user, company));
    // A plan takes a millisecond, in which no answer of the broker is heard.
    await new Promise(setImmediate);
  }
  const batch = new Batch(plans, access);
  try {
    await batch.run();
    if (access.signal?.aborted !== true) evaluate(batch, tally);
  } finally {
    await batch.close();
  }
}

/**
 * The policy that a target's outputs describe.
 *
 * @param names the only users that are of interest. @default all
 */
export function policyOf({ outputs }: Target, names?: ReadonlySet<string>): Policy {
  // The names of the accounts that the proof has are not those that the patterns are for.
  const patterns = outputs.clientIds === "own" ? [] : outputs.patterns;
  const users = Object.entries(outputs.users).filter(([name]) => names?.has(name) ?? true);
  return new Policy({ users: Object.fromEntries(users), credentials: outputs.credentials, patterns });
}

/** Those who are proved, with users beside each other whose rules are about topics that are alike. */
function chosen(policy: Policy, names: readonly string[] | undefined): readonly PolicyUser[] {
  const wanted = names && new Set(names);
  const users = policy.users.filter(({ name }) => wanted?.has(name) ?? true);
  const keyed = users.map((user) => ({ user, key: keyOf(user.rules[0]?.filter ?? "") }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  return keyed.map(({ user }) => user);
}

function* batches(users: readonly PolicyUser[], size: number): Generator<readonly PolicyUser[], undefined> {
  for (let from = 0; from < users.length; from += size) yield users.slice(from, from + size);
}

/** How many users may be there at a time, and how many connections on each listener; a low limit makes it slower. */
function roomOf({ outputs: { limits, clientIds } }: Target) {
  const { connectionsPerListener } = limits;
  const lanes = clientIds === "own" || connectionsPerListener < LANES * 2 * RESERVE ? 1 : LANES;
  const room = Math.floor(connectionsPerListener / lanes);
  const users = Math.max(1, Math.min(BATCH, Math.floor((room - RESERVE) / 2)));
  return { lanes, room, users, atATime: hasAmpleQueues(limits) ? 16 : 1 };
}

function hasAmpleQueues({ queuedBytes, queuedMessages }: Target["outputs"]["limits"]): boolean {
  return queuedBytes >= AMPLE.bytes && queuedMessages >= AMPLE.messages;
}

type AccessParts = Pick<Access, "room" | "atATime" | "step" | "signal">;

function accessOf(target: Target, users: readonly PolicyUser[], parts: AccessParts): Access {
  const { outputs } = target;
  const firsts = new Map<PolicyUser, ListenerName[]>();
  const listeners = listenersIn(outputs.listeners);
  for (const listener of listeners) {
    const first = users.find((user) => user.listeners.includes(listener));
    if (first !== undefined) firsts.set(first, [...(firsts.get(first) ?? []), listener]);
  }
  return {
    ...parts,
    listeners,
    entrance: entrancesOf(target),
    asksForPasswords: (listener) => listenerIn(outputs.listeners, listener).clientCertificates !== "identity",
    closed: (listener) => (isClosed(outputs, listener) ? CLOSED : undefined),
    older: (user) => {
      const turn = user.listeners[user.index % user.listeners.length];
      return [...new Set([...(turn === undefined ? [] : [turn]), ...(firsts.get(user) ?? [])])];
    },
  };
}

/** How users come to a target's listeners. */
export function entrancesOf(target: Target): Access["entrance"] {
  const { credentials, limits } = target.outputs;
  const accounts = new AccountPool(target.outputs, "policy");
  const ample = hasAmpleQueues(limits);
  const shared = {
    keepalive: Math.min(limits.keepaliveSeconds, 60),
    window: ample ? limits.inflightMessages : 1,
    filtersAtATime: ample ? Number.POSITIVE_INFINITY : 1,
  };
  return ({ name }: PolicyUser, listener: ListenerName): Entrance => {
    const { username, password } = Object.hasOwn(credentials, name) ? (credentials[name] ?? {}) : {};
    return {
      ...shared,
      endpoint: endpointOf(target, listener, accounts),
      credential: { username, password },
    };
  };
}

function addUnprovable({ access, filter }: Target["outputs"]["patterns"][number], tally: Tally): void {
  const title = { subject: "Policy", name: "a pattern with %c holds for each client's id" } as const;
  const reason = "client ids are the accounts', and to log in with a user's own account would end its client";
  tally.add({ ...title, rule: `${access} ${filter}` }, () => reason);
}

const interrupted: Check = Object.freeze({
  subject: "Run",
  name: "the policy is tried to its end",
  outcome: "failed",
  milliseconds: 0,
  expected: "every user to be tried",
  seen: "an interruption before the last",
});
