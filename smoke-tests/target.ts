import type { StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn } from "../mosquitto/listener.ts";

/** Where a listener is reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A broker that a proof is about: the one that its stack runs, or a twin of it. */
export interface Target {
  /** What the stack says of its broker. */
  readonly outputs: StackOutputs;
  /** Where each listener of a twin is reached. @default where the outputs say */
  readonly addresses?: Readonly<Partial<Record<ListenerName, Address>>> | undefined;
}

/** Where a target's listener is reached, and the name that its certificate has to be for. */
export function addressOf(
  { outputs, addresses }: Target,
  listener: ListenerName,
): Address & { name: string } {
  const { host, port } = listenerIn(outputs.listeners, listener);
  return { ...(addresses?.[listener] ?? { host, port }), name: host };
}
