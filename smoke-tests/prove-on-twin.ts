import type { StackOutputs } from "../infra/contract.ts";
import { Twin, type TwinOptions } from "../infra/twin.ts";
import { expectSlowConnections } from "./expectation.ts";
import type { Proof } from "./proof.ts";
import { type ProveTwinOptions, proveTwin } from "./prove.ts";

/**
 * Starts a twin, proves the policy on it, and ends it.
 *
 * @throws Refusal where the twin does not stand, or is lost before the proof has ended
 */
export async function proveOnTwin(
  place: TwinOptions,
  outputs: StackOutputs,
  options: Omit<ProveTwinOptions, "container" | "stack">,
): Promise<Proof> {
  const twin = await Twin.start(place);
  const loss = new AbortController();
  twin.lost.catch(() => loss.abort());
  const signal = options.signal === undefined ? loss.signal : AbortSignal.any([options.signal, loss.signal]);
  expectSlowConnections(twin.isSlow);
  try {
    const about = { ...options, signal, stack: place.stack, container: twin.container };
    return await Promise.race([proveTwin({ outputs, addresses: twin.addresses }, about), twin.lost]);
  } finally {
    expectSlowConnections(false);
    await twin.stop();
  }
}
