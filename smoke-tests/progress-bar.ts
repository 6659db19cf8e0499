import type { PolicyProgress } from "./policy/policy-proof.ts";

/** Characters of the bar. */
const WIDTH = 24;

/** A proof's progress in one line, for instance `████████░░░░░░░░░░░░░░░░ 33 %, 4,120 checks`. */
export function progressBar({ done, checks }: PolicyProgress): string {
  const share = Math.min(Math.max(done, 0), 1);
  const full = Math.floor(share * WIDTH);
  const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
  // Checks are counted once the first users are done.
  const made = checks > 1 ? `, ${checks.toLocaleString("en")} checks` : "";
  return `${bar} ${Math.floor(share * 100)} %${made}`;
}
