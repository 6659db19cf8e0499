import type { ProofRequest, ProofResult } from "../infra/gate.ts";
import { runCommand } from "../infra/mend.ts";
import { Refusal } from "../infra/refusal.ts";
import type { Proof } from "./proof.ts";
import { proveOnTwin } from "./prove-on-twin.ts";
import { renderFailures } from "./report.ts";

/**
 * Proves files that are not in force yet on a twin of the broker.
 *
 * @throws Refusal with the checks that failed, or where the twin does not stand
 */
export async function proveFilesOnTwin(request: ProofRequest): Promise<ProofResult> {
  const { outputs, twin, users, onProgress } = request;
  const proof = await proveOnTwin(twin, outputs, { users, onProgress: ({ done }) => onProgress(done) });
  if (proof.failed > 0) throw new Refusal(refusal(proof));
  return proof;
}

function refusal(proof: Proof): string {
  const { stack, passed, failed } = proof;
  return (
    `the new files were refused, as ${failed.toLocaleString("en")} of ${(passed + failed).toLocaleString("en")} checks ` +
    "failed on a twin of the broker; nothing was put in force, and the running broker is as it was; to try again: " +
    `${runCommand(stack, "up")}:\n${renderFailures(proof)}`
  );
}
