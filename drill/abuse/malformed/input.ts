import type { ListenerName } from "../../../mosquitto/listener.ts";
import type { ProtocolVersion } from "../../../smoke-tests/reason-codes.ts";
import { frameKinds } from "./frame.ts";
import type { PacketKind } from "./kind.ts";
import { packetKinds } from "./packet.ts";
import { type Random, randomOf } from "./random.ts";
import { upgradeKinds } from "./upgrade.ts";
import { frame } from "./websocket-frame.ts";

/** What is sent over one connection. */
export interface MalformedInput {
  /** What is wrong with it. */
  readonly kind: string;
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  /** Whether a good WebSocket upgrade goes before it. */
  readonly upgraded: boolean;
  /** Whether a good log-in goes before it. */
  readonly loggedIn: boolean;
  /** Written one after the other, with a pause between. */
  readonly pieces: readonly Buffer[];
}

/** What a kind of input is chosen by. */
export interface InputKind {
  readonly name: string;
  readonly ends: boolean;
  readonly layer: "packet" | "frame" | "upgrade";
}

/** Every kind of input, of all three layers. */
export const inputKinds: readonly InputKind[] = Object.freeze([
  ...packetKinds.map(({ name, ends }) => ({ name, ends, layer: "packet" as const })),
  ...frameKinds.map(({ name, ends }) => ({ name, ends, layer: "frame" as const })),
  ...upgradeKinds.map(({ name, ends }) => ({ name, ends, layer: "upgrade" as const })),
]);

/** The input that a seed and a number give for a listener; the same ones give the same input. */
export function malformedInput(seed: number, index: number, listener: ListenerName): MalformedInput {
  const random = randomOf(seed, index);
  const share = random.below(100);
  if (isWebSocket(listener) && share < 10) return upgradeInput(random, listener);
  if (isWebSocket(listener) && share < 55) return frameInput(random, listener);
  return packetInput(random.pick(packetKinds), random, listener);
}

/** An input of a kind of packet, for a listener. */
export function packetInput(kind: PacketKind, random: Random, listener: ListenerName): MalformedInput {
  const version = kind.version ?? random.pick([4, 5] as const);
  const loggedIn = kind.stage === "either" ? random.percent(50) : kind.stage === "after log-in";
  const bytes = kind.make(random, version);
  const upgraded = isWebSocket(listener);
  return {
    kind: kind.name,
    listener,
    version,
    upgraded,
    loggedIn,
    pieces: [upgraded ? frame(bytes) : bytes],
  };
}

function frameInput(random: Random, listener: ListenerName): MalformedInput {
  const kind = random.pick(frameKinds);
  const version = random.pick([4, 5] as const);
  const pieces = kind.make(random);
  return { kind: kind.name, listener, version, upgraded: true, loggedIn: random.percent(50), pieces };
}

function upgradeInput(random: Random, listener: ListenerName): MalformedInput {
  const kind = random.pick(upgradeKinds);
  const pieces = kind.make(random);
  return { kind: kind.name, listener, version: 4, upgraded: false, loggedIn: false, pieces };
}

function isWebSocket(listener: ListenerName): boolean {
  return listener === "ws" || listener === "wss";
}
