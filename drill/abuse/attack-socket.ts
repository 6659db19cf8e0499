import { connect as connectPlain, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect as connectSecurely,
  createSecureContext,
  type SecureContext,
} from "node:tls";
import { type ListenerName, listeners } from "../../mosquitto/listener.ts";
import { upgradeRequest } from "./malformed/websocket-frame.ts";
import type { TrialBroker } from "./trial-broker.ts";

/** Where and how a client connects. */
export interface Target {
  readonly listener: ListenerName;
  readonly port: number;
  /** The CA's certificate, PEM. */
  readonly authority: string;
}

export function targetOf(broker: TrialBroker, listener: ListenerName): Target {
  return { listener, port: broker.port(listener), authority: broker.revision.authority };
}

/** Milliseconds that a handshake may take. */
const PATIENCE = 10_000;

/** A context costs more than a connection. */
const contexts = new Map<string, SecureContext>();

/** Sessions of TLS by CA and port, as a handshake that resumes one costs a third. */
const sessions = new Map<string, Buffer>();

/**
 * A connection to a listener, with TLS where the listener has it.
 *
 * @param resume whether an earlier TLS session may be resumed, which costs the broker less. @default true
 * @throws Error when there is no connection in time
 */
export function openSocket(
  { listener, port, authority }: Target,
  { resume = true }: { readonly resume?: boolean } = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { tls } = listeners[listener];
    const address = { host: "127.0.0.1", port };
    const socket = tls
      ? connectWithTls(
          { ...address, servername: "localhost", secureContext: contextOf(authority) },
          authority,
          resume,
        )
      : connectPlain(address);
    const fail = (error?: Error) => {
      socket.destroy();
      reject(error ?? new Error(`${listener} was closed during the handshake`));
    };
    socket.setNoDelay(true);
    socket.setTimeout(PATIENCE, () =>
      fail(new Error(`${listener} takes more than ${PATIENCE} ms to connect`)),
    );
    socket.on("error", fail);
    socket.once("close", () => fail());
    socket.once(tls ? "secureConnect" : "connect", () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

function connectWithTls(options: ConnectionOptions, authority: string, resume: boolean): Socket {
  const key = `${authority}${options.port}`;
  const session = resume ? sessions.get(key) : undefined;
  const socket = connectSecurely(session === undefined ? options : { ...options, session });
  socket.on("session", (given) => sessions.set(key, given));
  return socket;
}

function contextOf(authority: string): SecureContext {
  const known = contexts.get(authority) ?? createSecureContext({ ca: authority });
  contexts.set(authority, known);
  return known;
}

/** Turns a connection into one of WebSocket frames; false when the broker does not. */
export function upgrade(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = "";
    const listen = (data: Buffer) => {
      answer += data.toString("latin1");
      if (answer.includes("\r\n\r\n")) settle(answer.startsWith("HTTP/1.1 101 "));
    };
    const settle = (done: boolean) => {
      socket.off("data", listen);
      resolve(done);
    };
    socket.on("data", listen);
    socket.once("close", () => settle(false));
    socket.write(upgradeRequest);
  });
}
