import { X509Certificate } from "node:crypto";
import { connect as connectPlain, isIP } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
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
      /** The certificate and its issuers, as far as the server has served them or the client trusts them. */
      readonly chain: readonly X509Certificate[];
    }
  | { readonly trusted: false; readonly code: string };

/** What Node calls the alert of a server that finds no way to shake hands: OpenSSL before 3.2, and from then on. */
export const HANDSHAKE_FAILURES: readonly string[] = Object.freeze([
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
]);

/**
 * Shakes hands with a listener and closes the connection.
 *
 * @param name the name that the certificate has to be for; @default the endpoint's name, or its host
 */
export function shakeHands(
  { host, port, name: own = host, authority, certificateOf }: Endpoint,
  options: ConnectionOptions = {},
  name = own,
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
      const chain = chainOf(socket);
      const [certificate] = chain;
      if (certificate === undefined) throw new Error("a server without a certificate was trusted");
      const { standardName } = socket.getCipher();
      const protocol = socket.getProtocol() ?? "";
      resolve({ trusted: true, protocol, cipher: standardName, certificate, chain });
      socket.destroy();
    });
  });
}

/** Not by way of `getPeerX509Certificate`, after which Node 20 gives no other certificate of the connection. */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  // A root has itself for an issuer.
  for (
    let next = socket.getPeerCertificate(true);
    next?.raw !== undefined && !chain.some(({ raw }) => raw.equals(next.raw));
    next = next.issuerCertificate
  ) {
    chain.push(new X509Certificate(next.raw));
  }
  return chain;
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
