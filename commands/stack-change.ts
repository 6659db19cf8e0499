import type { EngineContainer } from "../infra/engine.ts";
import { type EngineNames, IMAGE } from "../infra/names.ts";
import type { PolicyChange } from "../infra/policy-change.ts";
import { policyChanges } from "../infra/rotation.ts";
import { parseTakenOver, TAKEN_OVER, type TakenOver } from "../infra/taken-over.ts";

/** A stack's containers by name, as the engine has them before or after an update. */
export type Containers = ReadonlyMap<string, EngineContainer>;

/** What became of the broker's clients: all stayed, all were disconnected, or there were none. */
export type BrokerRun = "kept" | "restarted" | "started";

/** What an update has done, as its containers tell. */
export type StackChange = { readonly kind: "none" } | { readonly kind: "created" } | ChangedStack;

export interface ChangedStack {
  readonly kind: "changed";
  readonly broker: BrokerRun;
  /** Whether the broker runs on another image than before. */
  readonly otherImage: boolean;
  /** Nothing where it is not known what the broker was given before. */
  readonly policy: readonly PolicyChange[];
  readonly console: "as it was" | "added" | "started" | "removed" | "restarted" | "reloaded";
}

/**
 * Compares a stack's containers before and after an update. Pure.
 *
 * The label of the reload container says what the broker has taken over, without a secret; a container that was
 * made or started anew has another id or time.
 */
export function stackChange(names: EngineNames, before: Containers, after: Containers): StackChange {
  const kept = (name: string) => runOf(before.get(name)) === runOf(after.get(name));
  const all = [...new Set([...before.keys(), ...after.keys()])];
  if (all.every(kept)) return { kind: "none" };
  const [last, now] = [takenOver(before.get(names.reload)), takenOver(after.get(names.reload))];
  const [broker, other] = [before.get(names.broker), after.get(names.broker)];
  return {
    kind: "changed",
    broker: broker?.running !== true ? "started" : kept(names.broker) ? "kept" : "restarted",
    otherImage: broker !== undefined && broker.labels[IMAGE] !== other?.labels[IMAGE],
    policy: last === undefined || now === undefined ? [] : policyChanges(now, last),
    console: consoleChange(names, before, after, kept),
  };
}

function consoleChange(
  names: EngineNames,
  before: Containers,
  after: Containers,
  kept: (name: string) => boolean,
): ChangedStack["console"] {
  const [had, has] = [before.has(names.console), after.has(names.console)];
  // Where the broker was not there either, the stack had been stopped.
  if (had !== has) return !has ? "removed" : before.has(names.broker) ? "added" : "started";
  if (!kept(names.console)) return "restarted";
  return kept(names.consolePublish) && kept(names.consoleReload) ? "as it was" : "reloaded";
}

/** What tells one run of a container from the next. */
function runOf(container: EngineContainer | undefined): string | undefined {
  return container && `${container.id} ${container.startedAt}`;
}

/** A label of an earlier version may say less, or nothing that can be read. */
function takenOver(reload: EngineContainer | undefined): TakenOver | undefined {
  const label = reload?.labels[TAKEN_OVER];
  try {
    return label === undefined ? undefined : parseTakenOver(label);
  } catch {
    return undefined;
  }
}
