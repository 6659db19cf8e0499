import { connect } from "node:net";
import { listenersIn } from "../../mosquitto/listener.ts";
import { readable, type Unproved, within } from "../expectation.ts";
import type { Check } from "../proof.ts";
import { type Address, addressOf, type Target } from "../target.ts";

/** The name of the check. */
export const REACHABLE = "connections are accepted";

/**
 * Opens a TCP connection to each listener. All other checks wait for these, since where nothing answers they
 * would only say the same many times over.
 */
export function checkReachability(target: Target): Promise<Check[]> {
  return Promise.all(
    listenersIn(target.outputs.listeners).map(async (listener): Promise<Check> => {
      const started = performance.now();
      const about = { subject: "Listeners", name: REACHABLE, listener } as const;
      const failure = await reach(addressOf(target, listener)).catch((error: Unproved) => error);
      const milliseconds = Math.round((performance.now() - started) * 10) / 10;
      if (failure === undefined) return { ...about, milliseconds, outcome: "proved" };
      return { ...about, milliseconds, outcome: "failed", expected: failure.expected, seen: failure.actual };
    }),
  );
}

async function reach({ host, port }: Address): Promise<undefined> {
  const socket = connect({ host, port });
  try {
    return await within(`a connection to ${host}, port ${port}`, (resolve, reject) => {
      socket.on("connect", () => resolve(undefined));
      socket.on("error", (error) => reject(readable(error)));
    });
  } finally {
    socket.destroy();
  }
}
