import type { ProofRequest, ProofResult } from "../infra/gate.ts";
import { runCommand } from "../infra/mend.ts";
import { Refusal } from "../infra/refusal.ts";
import { Twin } from "../infra/twin.ts";
import { expectSlowConnections } from "./expectation.ts";
import type { Proof } from "./proof.ts";
import { proveTwin } from "./prove.ts";
import { renderFailures } from "./report.ts";

/**
 * Proves files that are not in force yet on a twin of the broker.
 *
 * @throws Refusal with the checks that failed, or where the twin does not stand
 */
export async function proveFilesOnTwin(request: ProofRequest): Promise<ProofResult> {
  const { outputs, twin: place, users, onProgress } = request;
  const { stack } = place;
  const twin = await Twin.start(place);
  expectSlowConnections(twin.isSlow);
  try {
    const target = { outputs, addresses: twin.addresses };
    const proving = proveTwin(target, {
      ...{ stack, container: twin.container, users },
      onProgress: ({ done }) => onProgress(done),
    });
    const proof = await Promise.race([proving, twin.lost]);
    if (proof.failed > 0) throw new Refusal(refusal(proof));
    return proof;
  } finally {
    expectSlowConnections(false);
    await twin.stop();
  }
}

function refusal(proof: Proof): string {
  const { stack, passed, failed } = proof;
  return (
    `the new files were refused, as ${failed.toLocaleString("en")} of ${(passed + failed).toLocaleString("en")} checks ` +
    "failed on a twin of the broker; nothing was put in force, and the running broker is as it was; to try again: " +
    `${runCommand(stack, "up")}:\n${renderFailures(proof)}`
  );
}
