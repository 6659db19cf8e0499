import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { checkOwnCertificate, type OwnCertificate } from "./certificate-chain.ts";
import { type Issued, inDays, issue, type TrialCertificate } from "./trial-certificate.ts";

const NAME = "mqtt.example.org";
const root = issue({ name: "root", authority: true, usage: 0x06 });
const other = issue({ name: "other", authority: true });
const intermediate = issue({ name: "intermediate", authority: true, issuer: root });

/** A server's certificate under issuers, the nearest first, and what clients trust. */
const served = (
  flaw: Partial<TrialCertificate>,
  issuers: readonly Issued[],
  authority: readonly Issued[],
) => {
  const server = issue({ name: "server", names: [NAME], issuer: issuers[0] ?? authority[0], ...flaw });
  const text = (certificates: readonly Issued[]) => certificates.map(({ pem }) => pem).join("");
  return { chain: text([server, ...issuers]), key: server.keyPem, authority: text(authority) };
};

const authority = (flaw: Partial<TrialCertificate>, issuer?: Issued) =>
  issue({ name: "flawed", authority: true, issuer, ...flaw });

const flawedBelow = (flaw: Partial<TrialCertificate>) => served({}, [authority(flaw, root)], [root]);

const narrow = authority({ pathLength: 0, subjectKeyId: "old" });
/** The same authority with another key, signed with the old one, as when an authority changes its key. */
const renewed = authority({ subjectKeyId: "new", authorityKeyId: "old" }, narrow);

const oldRoot = issue({ name: "old root", authority: true, begins: inDays(-2), ends: inDays(-1) });
const expiredRoot = issue({ name: "root", authority: true, begins: inDays(-2), ends: inDays(-1) });
const crossSigned = issue({ name: "root", authority: true, key: root.key, issuer: oldRoot });

describe("the check of a certificate", () => {
  it.each<[string, OwnCertificate]>([
    ["a chain with an intermediate", served({}, [intermediate], [root])],
    ["a chain with its root", served({}, [intermediate, root], [root])],
    ["an authority of several", served({}, [intermediate], [other, root])],
    ["an intermediate that clients have", served({ issuer: intermediate }, [], [root, intermediate])],
    ["a server right below the root", served({}, [], [root])],
    ["an authority's path length that is kept", served({}, [], [narrow])],
    ["an authority's new key below its path length", served({ authorityKeyId: "new" }, [renewed], [narrow])],
    ["a root also known by an expired one", served({}, [intermediate], [root, crossSigned, oldRoot])],
    ["a root beside an expired one of its name", served({}, [intermediate], [expiredRoot, root])],
    ["an issuer's name in other letters", served({ issuer: { ...root, name: "ROOT" } }, [], [root])],
    ["an intermediate for servers", flawedBelow({ purposes: ["1.3.6.1.5.5.7.3.1"] })],
    ["a wildcard for the first label", served({ names: ["*.example.org"] }, [], [root])],
  ])("takes what a TLS client takes: %s", async (_, own) => {
    expect(faults(own)).toEqual([]);
    expect(await handshake(own)).toBe("taken");
  });

  it.each<[string, OwnCertificate]>([
    ["another authority", served({}, [intermediate], [other])],
    ["a missing intermediate", served({ issuer: intermediate }, [], [root])],
    ["an authority that is no root", served({}, [intermediate], [intermediate])],
    ["an intermediate without CA:TRUE", flawedBelow({ authority: false })],
    ["an intermediate that may not sign certificates", flawedBelow({ usage: 0x80 })],
    ["an intermediate for clients only", flawedBelow({ purposes: ["1.3.6.1.5.5.7.3.2"] })],
    ["a server's certificate for clients only", served({ purposes: ["1.3.6.1.5.5.7.3.2"] }, [], [root])],
    ["a server's certificate for any purpose", served({ purposes: ["2.5.29.37.0"] }, [], [root])],
    ["a path longer than allowed", served({}, [authority({ name: "below" }, narrow)], [narrow])],
    [
      "an issuer identified otherwise",
      served({ authorityKeyId: "two" }, [], [authority({ subjectKeyId: "one" })]),
    ],
    [
      "a root after one of its name, issued by an expired one",
      served({}, [intermediate], [crossSigned, oldRoot, root]),
    ],
    ["a root after another of its name", served({}, [intermediate], [authority({ name: "root" }), root])],
    ["an authority's new key without a key identifier", served({}, [renewed], [narrow])],
    ["an expired intermediate", flawedBelow({ begins: inDays(-2), ends: inDays(-1) })],
    ["a root that is not valid yet", served({}, [], [authority({ begins: inDays(1) })])],
    ["another name", served({ names: ["example.org"] }, [], [root])],
  ])("refuses what a TLS client refuses: %s", async (_, own) => {
    expect(faults(own)).not.toEqual([]);
    expect(await handshake(own)).toMatch(/^refused: /);
  });
});

function faults(own: OwnCertificate): readonly string[] {
  return checkOwnCertificate(own, { names: [NAME], now: new Date() }).faults;
}

/** What Node's TLS client, which is OpenSSL, says to a server with that certificate on the loopback. */
async function handshake({ chain, key, authority }: OwnCertificate): Promise<string> {
  const server = createServer({ cert: chain, key }, (socket) => socket.end());
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: "127.0.0.1", port, servername: NAME, ca: authority });
  try {
    await once(client, "secureConnect");
    return "taken";
  } catch (error) {
    return `refused: ${(error as NodeJS.ErrnoException).code}`;
  } finally {
    client.destroy();
    server.close();
  }
}
