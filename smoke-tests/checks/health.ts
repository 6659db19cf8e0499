import { askContainer } from "../../infra/container-answer.ts";
import { healthcheckCommand } from "../../mosquitto/healthcheck.ts";
import { layout } from "../../mosquitto/layout.ts";
import type { Check } from "../proof.ts";

const SUBJECT = "Files";

/** The name of the check. */
export const TAKEN_OVER =
  "the broker runs on the files in force, as it takes the healthcheck's password of their revision";

const SCRIPT = `if ${healthcheckCommand(layout.current)} >/dev/null 2>&1; then echo yes; else echo no; fi`;

/** Proves that a broker has taken over the files in force: the password of its healthcheck is another in each revision. */
export async function proveHealth(container: string): Promise<Check> {
  const started = performance.now();
  const answer = await askContainer(container, SCRIPT, (printed) => printed.trim() || undefined);
  const milliseconds = Math.round((performance.now() - started) * 10) / 10;
  const about = { subject: SUBJECT, name: TAKEN_OVER, milliseconds } as const;
  if (answer === "yes") return { ...about, outcome: "proved" };
  const seen = answer === "no" ? "a log-in that was refused" : answer;
  return { ...about, outcome: "failed", expected: "a log-in with that password", seen };
}
