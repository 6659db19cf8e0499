import { Unproved } from "../expectation.ts";
import { eachAtATime } from "../policy/at-a-time.ts";
import type { Check } from "../proof.ts";
import type { CheckList, Task } from "./check-list.ts";
import { NotApplicable } from "./not-applicable.ts";

/** Checks that are made at a time; they wait for a broker, and hardly compute. */
const AT_A_TIME = 16;

/** Connections to one listener that one check may have at a time. */
const CLIENTS = 4;

/**
 * Makes all checks of a list. Whatever is thrown becomes a failed check; one that was not begun when the signal came
 * has failed as well.
 */
export async function runChecks(list: CheckList, signal?: AbortSignal): Promise<Check[]> {
  const checks: Check[] = [];
  const make = async (task: Task) => {
    checks.push(signal?.aborted ? unmade(task) : await outcomeOf(task));
  };
  const { connectionsPerListener } = list.stack.outputs.limits;
  const room = Math.max(1, Math.floor(connectionsPerListener / CLIENTS));
  await eachAtATime(list.tasks, Math.min(AT_A_TIME, room), make);
  // Checks that leave nothing behind are made in any case, since what they take away may be there.
  for (const task of list.lastTasks) checks.push(await outcomeOf(task));
  return checks;
}

async function outcomeOf({ name, place, prove }: Task): Promise<Check> {
  const started = performance.now();
  const failure = await prove().catch((error: unknown) => error ?? new Error("nothing"));
  const about = { ...place, name, milliseconds: Math.round((performance.now() - started) * 10) / 10 };
  if (failure === undefined) return { ...about, outcome: "proved" };
  if (failure instanceof NotApplicable) {
    return { ...about, outcome: "not applicable", reason: failure.message };
  }
  return { ...about, outcome: "failed", ...inWords(failure) };
}

function unmade({ name, place }: Task): Check {
  const [expected, seen] = ["the check to be made", "an interruption before it"];
  return { ...place, name, milliseconds: 0, outcome: "failed", expected, seen };
}

/** What a check itself says that it expected and saw, or else the error's message as it is. */
export function inWords(error: unknown): { readonly expected: string; readonly seen: string } {
  if (error instanceof Unproved) return { expected: error.expected, seen: error.actual };
  const message = error instanceof Error ? error.message : String(error);
  return { expected: "no error", seen: message || "an error without a message" };
}
