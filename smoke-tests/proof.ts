import type { ListenerName } from "../mosquitto/listener.ts";
import type { ProtocolVersion } from "./reason-codes.ts";

/** What checks are about, in the order of a report; the last is the run as a whole. */
export const subjects = [
  "Listeners",
  "Log-in",
  "Rights",
  "Policy",
  "Files",
  "Storage",
  "Reserved topics",
  "Messages",
  "Limits",
  "Transport security",
  "Certificates",
  "Run",
] as const;

export type Subject = (typeof subjects)[number];

/** What a check is about, and where it is made. */
export interface CheckPlace {
  readonly subject: Subject;
  readonly listener?: ListenerName;
  readonly version?: ProtocolVersion;
  readonly user?: string;
  /** The rule of the policy that it is about. */
  readonly rule?: string;
}

/** What came of a check. One that is not applicable proves nothing, and says why. */
export type Outcome = "proved" | "failed" | "not applicable";

/** One check in one place. */
export interface Check extends CheckPlace {
  readonly name: string;
  readonly outcome: Outcome;
  readonly milliseconds: number;
  /** How many checks it stands for, which differ in user and rule only. @default 1 */
  readonly count?: number;
  /** Why it is not applicable. */
  readonly reason?: string;
  /** Of a failed check. */
  readonly expected?: string;
  /** Of a failed check. */
  readonly seen?: string;
}

/** Which broker a proof is about. */
export interface ProvedBroker {
  readonly stack: string;
  /** The name of its container. */
  readonly broker: string;
  /** Of a twin everything is proved; of the broker that runs, what no client can notice. */
  readonly on: "twin" | "running broker" | "running broker and a twin";
}

/** What was proved of a broker. No secret is in it. */
export interface Proof extends ProvedBroker {
  readonly checks: readonly Check[];
  readonly passed: number;
  /** 0 only if every check could be made and held; whoever calls exits with 0 only then. */
  readonly failed: number;
  readonly notApplicable: number;
  readonly seconds: number;
  /** How many of the users a running broker was asked about. @default all */
  readonly asked?: { readonly users: number; readonly of: number };
}

/** Counts the checks; a run without a single proved one has failed. */
export function summarize(
  about: ProvedBroker & Pick<Proof, "seconds" | "asked">,
  checks: readonly Check[],
): Proof {
  const count = (wanted: Outcome) =>
    checks.reduce((sum, { outcome, count = 1 }) => (outcome === wanted ? sum + count : sum), 0);
  const passed = count("proved");
  if (passed === 0 && count("failed") === 0) return summarize(about, [...checks, nothingProved]);
  const { stack, broker, on, ...rest } = about;
  const [failed, notApplicable] = [count("failed"), count("not applicable")];
  return { stack, broker, on, checks, passed, failed, notApplicable, ...rest };
}

const nothingProved: Check = Object.freeze({
  subject: "Run",
  name: "something is proved",
  outcome: "failed",
  milliseconds: 0,
  expected: "at least one check that holds",
  seen: "none",
});
