import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { listeners } from "../../mosquitto/listener.ts";
import { openSocket, targetOf, upgrade } from "./attack-socket.ts";
import type { MalformedInput } from "./malformed/input.ts";
import { validPacket } from "./malformed/mqtt-bytes.ts";
import { frame } from "./malformed/websocket-frame.ts";
import type { TrialBroker } from "./trial-broker.ts";

/** What became of a connection: the broker ended it, or had to be left. */
export type Outcome = "ended" | "held" | "not reached";

/** How an input is sent. */
export interface SendOptions {
  /** Closes the sending side behind the input, so that the broker need not wait for more. @default true */
  readonly finish?: boolean;
  /** Milliseconds until the broker is left. @default 5,000 */
  readonly patience?: number;
}

/** Milliseconds between two pieces of an input. */
const PAUSE = 2;

/** Sends one input over a connection of its own, after a good upgrade and log-in where it has them. */
export async function sendInput(
  broker: TrialBroker,
  input: MalformedInput,
  clientId: string,
  { finish = true, patience = 5_000 }: SendOptions = {},
): Promise<Outcome> {
  const socket = await openSocket(targetOf(broker, input.listener)).catch(() => undefined);
  if (socket === undefined) return "not reached";
  const ended = end(socket, patience);
  if (input.upgraded && !(await upgrade(socket))) return await ended;
  socket.resume();
  if (input.loggedIn) socket.write(logIn(broker, input, clientId));
  for (const [index, piece] of input.pieces.entries()) {
    if (index > 0) await sleep(PAUSE);
    if (!socket.destroyed && piece.length > 0) socket.write(piece);
  }
  if (finish) socket.end();
  return await ended;
}

/** The CONNECT of the account that abuses the broker, in a frame where the listener has them. */
function logIn(broker: TrialBroker, { version, listener }: MalformedInput, clientId: string): Buffer {
  const { username, password } = broker.accounts.abuser;
  const packet = validPacket(
    {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clientId,
      clean: true,
      keepalive: 60,
      username,
      password: Buffer.from(password),
    },
    version,
  );
  return listeners[listener].protocol === "websockets" ? frame(packet) : packet;
}

function end(socket: Socket, patience: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve("held");
      socket.destroy();
    }, patience);
    socket.removeAllListeners("error").on("error", () => {});
    socket.once("close", () => {
      clearTimeout(timer);
      resolve("ended");
    });
  });
}
