import { X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { issue } from "../mosquitto/trial-certificate.ts";
import { intermediate, root, SERVER, stranger, text } from "../mosquitto/trial-chain.ts";
import { HANDSHAKE_FAILURES, shakeHands } from "./tls-connection.ts";

const local = issue({ ...SERVER, issuer: intermediate, names: ["127.0.0.1"] });

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(options: TlsOptions): Promise<Parameters<typeof shakeHands>[0]> {
  const server = createServer({ cert: text(local, intermediate), key: local.keyPem, ...options });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { listener: "mqtts", host: "127.0.0.1", port, authority: text(stranger, root) };
}

describe("a handshake", () => {
  it("gives the server's certificate and its issuers up to the root", async () => {
    const handshake = await shakeHands(await serve({}));
    if (!handshake.trusted) throw new Error(handshake.code);
    expect(handshake.certificate.raw.equals(new X509Certificate(local.pem).raw)).toBe(true);
    expect(handshake.chain.map(({ subject }) => subject)).toEqual([
      "CN=server",
      "CN=intermediate",
      "CN=root",
    ]);
  });

  it("that is refused for want of a certificate or of a cipher is told by a code of any OpenSSL", async () => {
    const mutual = await serve({ requestCert: true, ca: root.pem });
    const other = await serve({ ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" });
    for (const [endpoint, options] of [
      [mutual, {}],
      [other, { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }],
    ] as const) {
      const handshake = await shakeHands(endpoint, { maxVersion: "TLSv1.2", ...options });
      expect(HANDSHAKE_FAILURES).toContain(handshake.trusted ? "trusted" : handshake.code);
    }
  });
});
