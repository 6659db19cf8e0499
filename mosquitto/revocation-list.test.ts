import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { renderRevocationList } from "./revocation-list.ts";
import { type Issued, issue } from "./trial-certificate.ts";

const key = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;

const authority = issue({ name: "clients", authority: true, usage: 0x06, key, subjectKeyId: "clients" });
const server = issue({ name: "server", names: ["localhost"], issuer: authority });
const clients = ["one", "two", "three"].map((name) => issue({ name, issuer: authority }));

const issued = new Date(Date.now() - 60_000).toISOString();

function list(revoked: readonly Issued[], when = issued): string {
  const serials = revoked.map(({ pem }) => new X509Certificate(pem).serialNumber);
  return renderRevocationList({ authority: authority.pem, key: authority.keyPem, serials, issued: when });
}

/** What a server finds wrong with a client's certificate; null where it trusts it. */
async function refusal(crl: string, client: Issued): Promise<unknown> {
  const listener = createServer({
    cert: server.pem,
    key: server.keyPem,
    ca: authority.pem,
    crl,
    requestCert: true,
    // The handshake goes on, so that the reason can be read.
    rejectUnauthorized: false,
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const options = { cert: client.pem, key: client.keyPem, ca: authority.pem, servername: "localhost" };
  const socket = connect({ host: "127.0.0.1", port, ...options });
  const [accepted] = (await once(listener, "secureConnection")) as [TLSSocket];
  const found = accepted.authorized ? null : accepted.authorizationError;
  accepted.destroy();
  socket.destroy();
  listener.close();
  return found;
}

describe("a revocation list", () => {
  it("has OpenSSL refuse the clients that it names, and let in those that it does not", async () => {
    const [one, two, three] = clients as [Issued, Issued, Issued];
    const crl = list([one, three]);
    expect(await refusal(crl, one)).toBe("CERT_REVOKED");
    expect(await refusal(crl, two)).toBeNull();
    expect(await refusal(crl, three)).toBe("CERT_REVOKED");
  });

  it("may be empty, and then lets every client in", async () => {
    for (const client of clients) expect(await refusal(list([]), client)).toBeNull();
  });

  it("is refused where its signature is another authority's", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
    const forged = renderRevocationList({
      authority: authority.pem,
      key: other.export({ type: "pkcs8", format: "pem" }).toString(),
      serials: [],
      issued,
    });
    expect(await refusal(forged, clients[0] as Issued)).toBe("CRL_SIGNATURE_FAILURE");
  });

  it("is the same at every run, whatever the order of the serial numbers, and another at another time", () => {
    expect(list(clients.toReversed())).toBe(list(clients));
    expect(list(clients, new Date().toISOString())).not.toBe(list(clients));
  });
});
