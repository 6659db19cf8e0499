import { type ListenerName, listenerIn, listenersIn } from "../../mosquitto/listener.ts";
import { CLOSED, isClosed } from "../endpoint.ts";
import { Unproved } from "../expectation.ts";
import type { Check } from "../proof.ts";
import { codeName, codes } from "../reason-codes.ts";
import { scratchName } from "../scratch-name.ts";
import type { Target } from "../target.ts";
import { eachAtATime } from "./at-a-time.ts";
import { demandKeptOut } from "./evaluation.ts";
import type { LeanClient } from "./lean-client.ts";
import { connackCode, logIn } from "./log-in.ts";
import { Planner } from "./planner.ts";
import type { PolicyUser } from "./policy.ts";
import { entrancesOf, policyOf } from "./policy-proof.ts";
import type { UserPlan } from "./probe.ts";
import { topicWith } from "./publication.ts";
import { Tally } from "./tally.ts";
import { askWithoutDelivery } from "./unreleased-publish.ts";

export interface PolicyQuestionsOptions {
  /** The names of those who are asked about. */
  readonly users: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const NAMES = Object.freeze({
  letIn: "the right password is taken",
  keptOut: "the right password is refused where the user may not log in",
  write: {
    true: "what may be written is taken, and held back",
    false: "what may not be written is answered with 0x87",
  },
  read: {
    true: "what the broker says of itself is served where a rule says so",
    false: "what the broker says of itself does not come",
  },
});

/** The names of the checks, in the order of the report. */
export const namesOfQuestions: readonly string[] = Object.values(NAMES).flatMap((each) =>
  typeof each === "string" ? each : [each.true, each.false],
);

/** A retained message of the broker's own, which is always there. */
const VERSION_TOPIC = "$SYS/broker/version";

const CONNECTIONS_AT_A_TIME = 8;

/**
 * Asks a running broker what it lets users do, by nothing that a client could notice: no message is delivered,
 * retained or queued, no session stays, and no other client's id or share is taken.
 *
 * Each user logs in on each of its listeners, and is refused on the others; it writes inside of each of its rules and
 * just outside by messages that are held back (see {@link askWithoutDelivery}); and it reads what the broker says of
 * itself only where a rule says so. MQTT 5; about 20 ms for a user.
 */
export async function askPolicy(target: Target, options: PolicyQuestionsOptions): Promise<Check[]> {
  const { signal } = options;
  const policy = policyOf(target, new Set(options.users));
  const planner = new Planner(policy);
  const tally = new Tally(true);
  const ask = questionsOf(target, tally);
  const questions = policy.users.flatMap((user) => {
    const plan = planner.plan(user, new Set());
    const version = policy.decide(user, "read", VERSION_TOPIC).allowed;
    return listenersIn(target.outputs.listeners).map((listener) => ({ plan, version, listener }));
  });
  await eachAtATime(questions, CONNECTIONS_AT_A_TIME, async ({ plan, version, listener }) => {
    if (signal?.aborted) return;
    if (plan.user.listeners.includes(listener)) await ask.inside(plan, listener, version);
    else await ask.outside(plan.user, listener);
  });
  return tally.checks((name) => namesOfQuestions.indexOf(name));
}

function questionsOf(target: Target, tally: Tally) {
  const { outputs } = target;
  const entrance = entrancesOf(target);
  const open = async (user: PolicyUser, listener: ListenerName, receive?: (topic: string) => void) => {
    const { endpoint, credential, keepalive, window } = entrance(user, listener);
    const options = { version: 5, clientId: scratchName(), keepalive, ...credential } as const;
    const client = await logIn(endpoint, options, ({ topic }) => receive?.(topic));
    client.window = Math.min(client.window, window);
    return client;
  };
  return {
    inside: async (plan: UserPlan, listener: ListenerName, version: boolean) => {
      const heard = new Set<string>();
      const opened = await open(plan.user, listener, (topic) => heard.add(topic)).catch(unproved);
      const place = { listener, version: 5, user: plan.user.name } as const;
      tally.add({ subject: "Log-in", name: NAMES.letIn, ...place }, () => thrown(opened));
      if (opened instanceof Unproved) return;
      try {
        await askWrites(plan, listener, opened, () => open(plan.user, listener), tally);
        const asked = await askVersion(opened);
        const name = NAMES.read[`${version}`];
        tally.add({ subject: "Policy", name, ...place }, () => demandVersion(asked, version, heard));
      } finally {
        await opened.close();
      }
    },
    outside: async (user: PolicyUser, listener: ListenerName) => {
      if (listenerIn(outputs.listeners, listener).clientCertificates === "identity") return;
      const { endpoint, credential } = entrance(user, listener);
      const options = { version: 5, clientId: scratchName(), ...credential } as const;
      const closed = isClosed(outputs, listener);
      const code = closed ? CLOSED : await connackCode(endpoint, options).catch(unproved);
      const place = { subject: "Log-in", listener, version: 5, user: user.name } as const;
      tally.add({ ...place, name: NAMES.keptOut }, () => demandKeptOut(5, code));
    },
  };
}

async function askWrites(
  { user, writes, gaps }: UserPlan,
  listener: ListenerName,
  client: LeanClient,
  open: () => Promise<LeanClient>,
  tally: Tally,
): Promise<void> {
  const scratch = scratchName();
  const topicsOf = (clientId: string) => writes.map(({ topic }) => topicWith(topic, scratch, clientId));
  const answers = await askWithoutDelivery(topicsOf, client, open).catch(unproved);
  const place = { subject: "Policy", listener, version: 5, user: user.name } as const;
  for (const [index, { topic, allowed, rule }] of writes.entries()) {
    tally.add({ ...place, name: NAMES.write[`${allowed}`], rule }, () => {
      if (answers instanceof Unproved) throw answers;
      return demandAnswer(topic, answers[index], allowed);
    });
  }
  for (const { allowed, rule, reason } of gaps.filter(({ of }) => of === "write")) {
    tally.add({ ...place, name: NAMES.write[`${allowed}`], rule }, () => reason);
  }
}

function demandAnswer(topic: string, code: number | undefined, allowed: boolean): undefined {
  const wanted = codes[5].notAuthorized;
  if (code !== undefined && (allowed ? code < 0x80 : code === wanted)) return;
  const answer = allowed ? "taken" : `answered with ${codeName(5, wanted)}`;
  const seen = code === undefined ? "no answer" : `PUBREC ${codeName(5, code)}`;
  throw new Unproved(`a publish to ${topic} to be ${answer}`, seen);
}

/** Subscribes to what the broker says of itself, and waits until it would be here. */
async function askVersion(client: LeanClient): Promise<undefined | Unproved> {
  const subscribed = client.subscribe([{ filters: [VERSION_TOPIC], identifier: 1 }]);
  return await subscribed.then(() => client.ping()).then(() => undefined, unproved);
}

function demandVersion(asked: Unproved | undefined, allowed: boolean, heard: ReadonlySet<string>): undefined {
  if (asked !== undefined) throw asked;
  const came = heard.has(VERSION_TOPIC);
  if (came === allowed) return;
  const message = `a message on ${VERSION_TOPIC}`;
  throw new Unproved(allowed ? message : `no message on ${VERSION_TOPIC}`, came ? message : "none");
}

function thrown(opened: LeanClient | Unproved): undefined {
  if (opened instanceof Unproved) throw opened;
}

function unproved(error: unknown): Unproved {
  return error instanceof Unproved ? error : new Unproved("an answer", String(error));
}
