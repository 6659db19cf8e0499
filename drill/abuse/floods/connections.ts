import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type ListenerName, listenerNames } from "../../../mosquitto/listener.ts";
import { AttackClient } from "../attack-client.ts";
import { openSocket, targetOf } from "../attack-socket.ts";
import { variableInteger } from "../malformed/mqtt-bytes.ts";
import { upgradeRequest } from "../malformed/websocket-frame.ts";
import type { TrialBroker } from "../trial-broker.ts";
import { type Flood, type FloodOptions, type FloodResult, times, until } from "./flood.ts";

/** Connections of one flood; a listener of a stack takes 1,000 at a time. */
const CONNECTIONS = 2_000;

/** The beginning of a TLS ClientHello that announces 512 bytes (RFC 8446, 5.1). */
const CLIENT_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);

/** Ways to keep connections without a log-in. */
export const connectionFloods: readonly Flood[] = Object.freeze([
  {
    name: "2,000 connections that say nothing",
    run: (broker, options) => hold(broker, options, listenerNames, () => Buffer.alloc(0)),
  },
  {
    name: "slow TLS handshakes",
    run: (broker, options) => hold(broker, options, ["mqtts", "wss"], drip(CLIENT_HELLO)),
  },
  {
    name: "slow WebSocket upgrades",
    run: (broker, options) => hold(broker, options, ["ws"], drip(Buffer.from(upgradeRequest.slice(0, -2)))),
  },
  {
    name: "CONNECT packets that never end",
    run: (broker, options) =>
      hold(broker, options, ["mqtt"], (step) =>
        step === 0 ? Buffer.concat([Buffer.of(0x10), variableInteger(99_999)]) : Buffer.of(0),
      ),
  },
  { name: "wrong passwords", run: wrongPasswords },
  { name: "TLS handshakes one after the other", run: handshakes },
]);

/** Connections on which a few bytes are sent now and then. */
async function hold(
  broker: TrialBroker,
  { scale, milliseconds }: FloodOptions,
  listeners: readonly ListenerName[],
  bytes: (step: number) => Buffer,
): Promise<FloodResult> {
  const count = Math.round(CONNECTIONS * scale);
  const sockets = await times(count, 100, (index) =>
    dial(broker.port(listeners[index % listeners.length] ?? "mqtt")),
  );
  const steps = await until(milliseconds, async (step) => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(bytes(step));
    await sleep(250);
  });
  const held = sockets.filter((socket) => !socket.destroyed).length;
  return {
    outcome: `${held} of ${count} held after ${steps} rounds`,
    release: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One byte at each step, and none behind the last. */
function drip(bytes: Buffer): (step: number) => Buffer {
  return (step) => bytes.subarray(step, step + 1);
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    socket.once("connect", () => resolve(socket.resume()));
    socket.once("close", () => resolve(socket));
  });
}

async function wrongPasswords(broker: TrialBroker, { milliseconds }: FloodOptions): Promise<FloodResult> {
  let refused = 0;
  const attempt = async (worker: number): Promise<void> => {
    await until(milliseconds, async (index) => {
      const clientId = `guess-${worker}-${index}`;
      const { client, code } = await AttackClient.connect(broker, { clientId, password: `guess ${index}` });
      client?.end();
      if (code !== undefined && code !== 0) refused += 1;
    });
  };
  await Promise.all(Array.from({ length: 16 }, (_, worker) => attempt(worker)));
  return { outcome: `${refused} refused`, release: () => {} };
}

async function handshakes(broker: TrialBroker, { milliseconds }: FloodOptions): Promise<FloodResult> {
  let done = 0;
  const shake = async (): Promise<void> => {
    await until(milliseconds, async () => {
      const socket = await openSocket(targetOf(broker, "mqtts"), { resume: false }).catch(() => undefined);
      if (socket !== undefined) done += 1;
      socket?.destroy();
    });
  };
  await Promise.all(Array.from({ length: 16 }, shake));
  return { outcome: `${done} handshakes`, release: () => {} };
}
