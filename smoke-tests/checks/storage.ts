import type { StackOutputs } from "../../infra/contract.ts";
import { inspectStorage, seenCommand } from "../../infra/storage.ts";
import { STORAGE_FLOOR, type Storage } from "../../mosquitto/storage.ts";
import type { Check } from "../proof.ts";

const MEBIBYTE = 1_048_576;

/**
 * Proves that the broker has room for messages, and that no database of its was found damaged since somebody last looked.
 *
 * @param inspect gives the storage; a text in its place says why it is not known, and fails the checks
 */
export async function proveStorage(
  outputs: StackOutputs,
  inspect: (container: string) => Promise<Storage | string> = inspectStorage,
): Promise<Check[]> {
  const started = performance.now();
  const { container } = outputs.broker;
  const storage = await inspect(container);
  const about = {
    subject: "Storage",
    milliseconds: Math.round((performance.now() - started) * 10) / 10,
  } as const;
  if (typeof storage === "string") {
    const expected = "an answer from its container";
    return [WHOLE, ROOM].map((name) => ({ ...about, name, outcome: "failed", expected, seen: storage }));
  }
  const damage = storage.damaged.map(
    ({ folder, report }) =>
      `${folder}: ${report}; once you have looked at it: ${seenCommand(container, folder)}`,
  );
  return [
    {
      ...about,
      name: WHOLE,
      ...outcome(damage.length === 0, "no database that was damaged", damage.join("; ")),
    },
    {
      ...about,
      name: ROOM,
      ...outcome(storage.free >= STORAGE_FLOOR, ENOUGH, `${inMebibytes(storage.free)} MiB`),
    },
  ];
}

const WHOLE = "the database of messages and sessions was whole at each start";
const ROOM = "there is room for messages that have to be stored";

/** The names of the checks. */
export const namesOfStorage: readonly string[] = Object.freeze([WHOLE, ROOM]);

const ENOUGH = `at least ${inMebibytes(STORAGE_FLOOR)} MiB free`;

function inMebibytes(bytes: number): number {
  return Math.floor(bytes / MEBIBYTE);
}

function outcome(
  good: boolean,
  expected: string,
  seen: string,
): Pick<Check, "outcome" | "expected" | "seen"> {
  return good ? { outcome: "proved" } : { outcome: "failed", expected, seen };
}
