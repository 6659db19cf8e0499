import type { Settings } from "./settings-schema.ts";
import { describeUsers, type TakenOver } from "./taken-over.ts";

/** Names that are shown at most. */
const SHOWN = 5;

/**
 * What a preview says of the proof that an update will run.
 *
 * @param last what the broker was given last; undefined where it was never given anything
 * @param whole whether something changes that holds for every user
 */
export function announceProof({ users }: Settings, last: TakenOver | undefined, whole: boolean): string {
  const names = Object.keys(users);
  const wanted = describeUsers(users);
  const changed = names.filter((name) => !isSame(wanted[name], lastOf(last, name)));
  const all = last === undefined || whole || changed.length === names.length;
  const rights = all ? `the rights of all ${names.length} users` : rightsOf(changed);
  return (
    "the new files will be proved on a twin of the broker before they go into force: log-ins, messages, limits and TLS on " +
    `each listener, and ${rights}`
  );
}

function lastOf(last: TakenOver | undefined, name: string): unknown {
  return last !== undefined && Object.hasOwn(last.users, name) ? last.users[name] : undefined;
}

function isSame(one: object | undefined, other: unknown): boolean {
  const known = Object.entries(one ?? {});
  const there = (other ?? {}) as Record<string, unknown>;
  return (
    other !== undefined && known.every(([key, value]) => JSON.stringify(value) === JSON.stringify(there[key]))
  );
}

function rightsOf(names: readonly string[]): string {
  if (names.length === 0) return "the rights and passwords that change";
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `the rights of ${names.slice(0, SHOWN).join(", ")}${more}`;
}
