import { CheckList, type Topic } from "./checks/check-list.ts";
import { connectionShortage, takesFewConnections } from "./checks/connections.ts";
import { proveFiles } from "./checks/files.ts";
import { proveHealth } from "./checks/health.ts";
import { checkReachability } from "./checks/reachability.ts";
import { inWords, runChecks } from "./checks/run.ts";
import { proveStorage } from "./checks/storage.ts";
import { topicsOfRunningBroker, topicsOfTwin } from "./checks/topics.ts";
import { type PolicyProgress, provePolicy } from "./policy/policy-proof.ts";
import { askPolicy } from "./policy/policy-questions.ts";
import { type Check, type Proof, type ProvedBroker, subjects, summarize } from "./proof.ts";
import { createRedaction, redacted } from "./redaction.ts";
import { sampleUsers } from "./sample.ts";
import type { Target } from "./target.ts";

export interface ProveOptions {
  /** The stack's name, for the report. */
  readonly stack: string;
  /** Ends the run early; the proof then counts as failed. */
  readonly signal?: AbortSignal | undefined;
}

export interface ProveTwinOptions extends ProveOptions {
  /** The name of the twin's container. */
  readonly container: string;
  /** The users whose rights are proved; the others only take part. @default all */
  readonly users?: readonly string[] | undefined;
  /** Hears how far the proof of the policy is, which takes the longest if there are many users. */
  readonly onProgress?: ((progress: PolicyProgress) => void) | undefined;
}

/** Proves the policy on a twin, where every message may be sent. */
export async function proveTwin(target: Target, options: ProveTwinOptions): Promise<Proof> {
  const { stack, container, signal, users, onProgress } = options;
  const policy = () => provePolicy(target, { users, signal, onProgress });
  return await prove(target, { stack, broker: container, on: "twin" }, () => {
    const topics = runTopics(target, topicsOfTwin, signal);
    // Where listeners take few connections, both would take them from each other.
    const rights = takesFewConnections(target.outputs.limits) ? topics.then(policy) : policy();
    return [topics, proveFiles(target.outputs, container), rights];
  });
}

/** Proves of the broker that runs what no client can notice, of a sample of its users. */
export async function proveRunningBroker(target: Target, options: ProveOptions): Promise<Proof> {
  const { outputs } = target;
  const { container } = outputs.broker;
  const users = sampleUsers(outputs);
  const asked = { users: users.length, of: Object.keys(outputs.users).length };
  const about = { stack: options.stack, broker: container, on: "running broker", asked } as const;
  return await prove(target, about, () => [
    runTopics(target, topicsOfRunningBroker, options.signal),
    askPolicy(target, { users, signal: options.signal }),
    proveFiles(outputs, container),
    proveHealth(container).then((check) => [check]),
    proveStorage(outputs),
  ]);
}

/** Makes all checks at the same time. Where a listener cannot be reached, nothing else is tried. */
async function prove(
  target: Target,
  about: ProvedBroker & Pick<Proof, "asked">,
  parts: () => readonly Promise<readonly Check[]>[],
): Promise<Proof> {
  const started = performance.now();
  const redact = createRedaction(target.outputs);
  const reachability = await checkReachability(target);
  const reachable = reachability.every(({ outcome }) => outcome === "proved");
  const made = reachable ? await Promise.all(parts().map(orFailed)) : [];
  const all = [...reachability, ...made.flat()];
  const checks = [...all, ...connectionShortage(target.outputs.limits, all)];
  const seconds = Math.round(performance.now() - started) / 1000;
  return summarize({ ...about, seconds }, inOrder(checks.map((check) => redacted(check, redact))));
}

async function runTopics(target: Target, topics: readonly Topic[], signal: AbortSignal | undefined) {
  const list = new CheckList(target);
  for (const topic of topics) topic(list);
  return await runChecks(list, signal);
}

/** What could not be made to its end has failed. */
async function orFailed(part: Promise<readonly Check[]>): Promise<readonly Check[]> {
  return await part.catch((error: unknown) => [
    { subject: "Run", name: "every check is made", outcome: "failed", milliseconds: 0, ...inWords(error) },
  ]);
}

/** Checks in the order of a report. */
function inOrder(checks: readonly Check[]): Check[] {
  return checks.toSorted((one, other) => subjects.indexOf(one.subject) - subjects.indexOf(other.subject));
}
