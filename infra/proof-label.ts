import type { EngineContainer } from "./engine.ts";

/** The label of the publish container that says what its files were proved by. */
export const PROOF = "naboom-mqtt.proof";

/** How many checks held, and how many did not apply. */
export interface ProofCount {
  readonly passed: number;
  readonly notApplicable: number;
}

/**
 * The text of the label.
 *
 * @param count none where the files had been proved by an earlier update
 */
export function labelOfProof(id: string, count?: ProofCount): string {
  return count === undefined ? `${id} before` : `${id} ${count.passed} ${count.notApplicable}`;
}

/** Whether a label is of a proof with this id. */
export function isProvedBy(label: string, id: string): boolean {
  return label.startsWith(`${id} `);
}

/** How many checks of the files in force were made on a twin, as the publish container tells; undefined where it doesn't. */
export function provedOnTwin(publish: Pick<EngineContainer, "labels"> | undefined): ProofCount | undefined {
  const [, passed, notApplicable] = /^[0-9a-f]+ (\d+) (\d+)$/.exec(publish?.labels[PROOF] ?? "") ?? [];
  if (passed === undefined || notApplicable === undefined) return undefined;
  return { passed: Number(passed), notApplicable: Number(notApplicable) };
}
