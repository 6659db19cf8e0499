import type { StackOutputs } from "../../infra/contract.ts";
import type { Check } from "../proof.ts";

/**
 * More connections to one listener than all checks together have at a time, real clients' not counted: 51 were the
 * most that was seen, with up to 200 users.
 */
const ENOUGH = 100;

/** Whether a listener takes fewer connections than all checks together have. */
export function takesFewConnections({
  connectionsPerListener,
}: Pick<StackOutputs["limits"], "connectionsPerListener">): boolean {
  return connectionsPerListener < ENOUGH;
}

/**
 * What is said beside checks that have failed where a listener takes so few connections that this may be why: the
 * broker closes further ones without a word, so that the checks themselves can't tell.
 */
export function connectionShortage(
  { connectionsPerListener }: Pick<StackOutputs["limits"], "connectionsPerListener">,
  checks: readonly Check[],
): readonly Check[] {
  const failed = checks.some(({ outcome }) => outcome === "failed");
  if (!failed || connectionsPerListener >= ENOUGH) return [];
  return [
    {
      subject: "Listeners",
      name: "the listeners take as many connections as the proof needs",
      outcome: "failed",
      milliseconds: 0,
      expected: `naboom-mqtt:limits.connectionsPerListener of at least ${ENOUGH}, beside the clients that are there`,
      seen: `${connectionsPerListener}, which may be why other checks have failed`,
    },
  ];
}
