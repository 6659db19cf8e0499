import type { StackOutputs } from "../infra/contract.ts";
import { inspectContainers } from "../infra/engine.ts";
import { runCommand } from "../infra/mend.ts";
import { Refusal } from "../infra/refusal.ts";
import { listenersIn } from "../mosquitto/listener.ts";
import type { PolicyProgress } from "./policy/policy-proof.ts";
import { type Proof, summarize } from "./proof.ts";
import { type ProveOptions, proveRunningBroker } from "./prove.ts";
import { proveOnTwin } from "./prove-on-twin.ts";

export interface ProveStackOptions extends ProveOptions {
  /** Hears how far the proof of the policy is. */
  readonly onProgress?: ((progress: PolicyProgress) => void) | undefined;
}

/**
 * Proves all that can be proved of a stack: the whole policy on a twin of the revision in force, then of the broker that
 * runs what no client can notice.
 *
 * @throws Refusal where the twin does not stand, or is lost
 */
export async function proveStack(outputs: StackOutputs, options: ProveStackOptions): Promise<Proof> {
  const { stack } = options;
  const { container: broker, twin: place } = outputs.broker;
  if (place === undefined) {
    throw new Refusal(
      `stack ${stack} was brought up by an earlier version, without a network for twins; to have it: ${runCommand(stack, "up")}`,
    );
  }
  // The image by its id: a name may be another image's by now.
  const running = (await inspectContainers(stack, [broker])).get(broker);
  const again = `to try again: ${runCommand(stack, "smoke", "--all")}`;
  const twin = {
    ...{ stack, image: running?.image ?? outputs.broker.image, network: place.network },
    consequence: `nothing was proved, as the twin of the broker did not stand; ${again}`,
    listeners: listenersIn(outputs.listeners),
    files: { volume: place.revisions },
  };
  const proofs = [await proveOnTwin(twin, outputs, options), await proveRunningBroker({ outputs }, options)];
  const seconds = proofs.reduce((sum, proof) => sum + proof.seconds, 0);
  const checks = proofs.flatMap((proof) => proof.checks);
  return summarize({ stack, broker, on: "running broker and a twin", seconds }, checks);
}
