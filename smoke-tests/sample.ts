import type { StackOutputs } from "../infra/contract.ts";
import { listenersIn } from "../mosquitto/listener.ts";

/** Users whose rights a running broker is asked about, at most. */
const MOST = 8;

/**
 * Chooses whom a running broker is asked about: everybody where there are few, else a user of each listener and others
 * by chance, so that each run asks about other ones.
 *
 * @param random from 0 to below 1
 */
export function sampleUsers(
  { users, listeners }: Pick<StackOutputs, "users" | "listeners">,
  random: () => number = Math.random,
): readonly string[] {
  const names = Object.keys(users);
  if (names.length <= MOST) return names;
  const chosen = new Set(
    listenersIn(listeners).flatMap((listener) => {
      const here = names.filter((name) => users[name]?.listeners.includes(listener));
      return here[Math.floor(random() * here.length)] ?? [];
    }),
  );
  while (chosen.size < MOST) chosen.add(names[Math.floor(random() * names.length)] as string);
  return [...chosen];
}
