import type { X509Certificate } from "node:crypto";
import { connect as connectPlain, isIP } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import { identityFault } from "./certificate.ts";
import type { Endpoint } from "./client-options.ts";
import { readable, within } from "./expectation.ts";

/** What a TLS handshake has come to. */
export type Handshake =
  | {
      readonly trusted: true;
      readonly protocol: string;
      readonly cipher: string;
      readonly certificate: X509Certificate;
    }
  | { readonly trusted: false; readonly code: string };

/**
 * Shakes hands with a listener and closes the connection.
 *
 * @param name the name that the certificate has to be for; @default the endpoint's host
 */
export function shakeHands(
  { host, port, authority, certificateOf }: Endpoint,
  options: ConnectionOptions = {},
  name = host,
): Promise<Handshake> {
  const shown = certificateOf?.(undefined);
  return within("an answer to a TLS handshake", (resolve, reject) => {
    let connected = false;
    const socket = connect({
      host,
      port,
      ca: authority,
      ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
      ...(isIP(name) === 0 ? { servername: name } : {}),
      checkServerIdentity: (_, certificate) => identityFault(name, certificate),
      ...options,
    });
    socket.on("connect", () => {
      connected = true;
    });
    // A port that nobody listens on refuses whatever one tries, and proves nothing.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (connected) resolve({ trusted: false, code: error.code ?? error.message });
      else reject(readable(error));
    });
    socket.on("close", () => resolve({ trusted: false, code: "the connection was closed" }));
    socket.on("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) throw new Error("a server without a certificate was trusted");
      const { standardName } = socket.getCipher();
      resolve({ trusted: true, protocol: socket.getProtocol() ?? "", cipher: standardName, certificate });
      socket.destroy();
    });
  });
}

/** Sends bytes over plain TCP; gives the first that come back, or none when the server ends the connection. */
export function sendInTheClear({ host, port }: Endpoint, bytes: Buffer): Promise<Buffer> {
  return within("an answer to bytes in the clear, or an end of the connection", (resolve, reject) => {
    const socket = connectPlain({ host, port });
    let connected = false;
    socket.on("connect", () => {
      connected = true;
      socket.write(bytes);
    });
    socket.on("data", (chunk) => {
      resolve(chunk);
      socket.destroy();
    });
    socket.on("error", (error) => connected || reject(readable(error)));
    socket.on("close", () => resolve(Buffer.alloc(0)));
  });
}
