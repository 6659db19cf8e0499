import type { Outcome } from "./broker-session.ts";
import { reasonOf } from "./reason.ts";

/** What became of a publish, as a sentence. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "sent":
      return "Sent. With QoS 0 the broker gives no answer, so a denial would not be seen.";
    case "acknowledged": {
      const took = `${Math.max(1, Math.round(outcome.milliseconds))} ms`;
      if (outcome.code !== 0) return `Acknowledged in ${took}: ${reasonOf(outcome.code)}.`;
      return `Acknowledged by the broker in ${took}.`;
    }
    case "denied":
      return `Denied by the broker: ${reasonOf(outcome.code)}.`;
    case "unsent":
      return `Not sent: ${outcome.why}.`;
    case "unknown":
      return outcome.why;
  }
}
