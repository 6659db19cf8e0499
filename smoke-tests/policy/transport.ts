import { randomBytes } from "node:crypto";
import { connect as connectTcp, isIPv6, type Socket } from "node:net";
import {
  connect as connectTls,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
} from "node:tls";
import { identityFault } from "../certificate.ts";
import type { ClientKeyPair, Endpoint } from "../client-options.ts";
import { FrameReader, frame } from "./web-socket-frames.ts";

/** A way of bytes to and from a broker, by TCP or TLS, with or without WebSockets. */
export interface Transport {
  readonly write: (bytes: Buffer) => void;
  /** Says that nothing more will be written. */
  readonly end: () => void;
  readonly destroy: () => void;
}

/** What a transport calls back with. */
export interface TransportEvents {
  /** Bytes may be written from now on. */
  readonly opened: () => void;
  readonly received: (bytes: Buffer) => void;
  /** Called once, at the end, also where nothing was opened. */
  readonly closed: (error: Error | undefined) => void;
}

/** Longest response to the request for WebSockets, in bytes. */
const MOST_HEADERS = 8_192;

/** Opens a way to a listener; a TLS session is taken up again where no certificate of a client's is in it. */
export function openTransport(
  endpoint: Endpoint,
  username: string | undefined,
  events: TransportEvents,
): Transport {
  const { listener } = endpoint;
  const secure = listener === "mqtts" || listener === "wss";
  const socket = secure ? openTls(endpoint, endpoint.certificateOf?.(username)) : openTcp(endpoint);
  socket.setNoDelay(true);
  let fault: Error | undefined;
  socket.on("error", (error) => {
    fault = error;
  });
  socket.on("close", () => events.closed(fault));
  const begin = secure ? "secureConnect" : "connect";
  if (listener === "mqtt" || listener === "mqtts") {
    socket.once(begin, events.opened);
    socket.on("data", events.received);
    return {
      write: (bytes) => socket.write(bytes),
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    };
  }
  socket.once(begin, () => socket.write(upgradeRequest(endpoint)));
  receiveFrames(socket, events);
  return {
    write: (bytes) => socket.write(frame(bytes)),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
}

function openTcp({ host, port }: Endpoint): Socket {
  return connectTcp({ host, port });
}

/** A context is made once, as that takes longer than to use it. */
const contexts = new Map<string, SecureContext>();

/** Sessions by what the server's certificate was checked against. */
const sessions = new Map<string, Buffer>();

function openTls({ host, port, name = host, authority }: Endpoint, shown: ClientKeyPair | undefined): Socket {
  const id = `${authority}${shown?.certificate ?? ""}`;
  const own = shown === undefined ? {} : { cert: shown.certificate, key: shown.key };
  const secureContext = contexts.get(id) ?? createSecureContext({ ca: authority, ...own });
  contexts.set(id, secureContext);
  const checkServerIdentity = (_: string, certificate: PeerCertificate) => identityFault(name, certificate);
  const key = `${host} ${port} ${name} ${authority}`;
  const session = shown === undefined ? sessions.get(key) : undefined;
  const known = session === undefined ? {} : { session };
  const socket = connectTls({ host, port, secureContext, checkServerIdentity, ...known });
  if (shown === undefined) socket.once("session", (given: Buffer) => sessions.set(key, given));
  return socket;
}

/** RFC 6455, 4.1, with the subprotocol of MQTT 5, 6. A client that is no browser's page sends no origin. */
function upgradeRequest({ host, port }: Endpoint): string {
  return [
    "GET /mqtt HTTP/1.1",
    `Host: ${isIPv6(host) ? `[${host}]` : host}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: mqtt",
    "",
    "",
  ].join("\r\n");
}

/** Takes the response to the request, and the frames after it. */
function receiveFrames(socket: Socket, { opened, received }: TransportEvents): void {
  const frames = new FrameReader(received);
  let head = Buffer.alloc(0);
  let upgraded = false;
  socket.on("data", (bytes: Buffer) => {
    if (upgraded) {
      if (!frames.read(bytes)) socket.end();
      return;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0 && head.length < MOST_HEADERS) return;
    const [status = ""] = head.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
    if (!/^HTTP\/1\.1 101\b/.test(status)) {
      socket.destroy(new Error(`the request for WebSockets was answered with: ${status}`));
      return;
    }
    upgraded = true;
    opened();
    const rest = head.subarray(end + 4);
    if (rest.length > 0 && !frames.read(rest)) socket.end();
  });
}
