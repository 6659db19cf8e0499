import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OwnCertificate } from "./certificate-chain.ts";
import { check, faultsOf, good, intermediate, root, server, stranger } from "./trial-chain.ts";

describe("the texts of an own certificate", () => {
  const encrypted = server.key.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "secret",
  }) as string;
  const oldEncrypted = server.key.export({
    type: "sec1",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "secret",
  }) as string;
  const damaged = (pem: string) => pem.replace(/\n(.)(.)/, "\n$2$1");
  const relabelled = (pem: string, label: string) => pem.replace(/(BEGIN|END) .*?(?=-)/g, `$1 ${label}`);

  it.each<[string, Partial<OwnCertificate>, string]>([
    ["no chain", { chain: "" }, "The chain is missing"],
    ["no key", { key: "\n" }, "The key is missing"],
    ["no authority", { authority: " " }, "The authority is missing"],
    ["a chain in DER form", { chain: "0\u0082\u0001\n" }, "The chain is missing"],
    ["text before the chain", { chain: `subject=x\n${good.chain}` }, "text outside of a block in line 1;"],
    ["text behind the key", { key: `${good.key}secret` }, "The key holds text outside of a block in line"],
    ["a chain that was cut off", { chain: good.chain.slice(0, -30) }, "without its END line"],
    ["a key in the chain", { chain: good.chain + good.key }, "The chain holds, as block 3, a private key"],
    [
      "a key in the authority",
      { authority: good.key + root.pem },
      "authority holds, as block 1, a private key",
    ],
    ["a certificate in the key", { key: good.key + server.pem }, "The key holds a certificate"],
    ["a certificate for the key", { key: server.pem }, "The key is missing"],
    [
      "a request for a certificate",
      { chain: relabelled(server.pem, "CERTIFICATE REQUEST") },
      "a block named CERTIFICATE REQUEST;",
    ],
    [
      "a public key for the key",
      { key: relabelled(good.key, "PUBLIC KEY") },
      "The key holds a block of another",
    ],
    [
      "an OpenSSH key",
      { key: relabelled(good.key, "OPENSSH PRIVATE KEY") },
      "in a form that the broker can't",
    ],
    ["an encrypted key", { key: encrypted }, "The key is encrypted with a passphrase"],
    ["a key encrypted in the older form", { key: oldEncrypted }, "The key is encrypted with a passphrase"],
    ["two keys", { key: good.key + stranger.keyPem }, "The key holds 2 private keys"],
    ["a damaged key", { key: damaged(good.key) }, "The key can't be read"],
    ["a damaged certificate", { chain: damaged(server.pem) }, "as block 1, a certificate that is damaged"],
    ["a certificate twice", { chain: server.pem + good.chain }, 'as block 2, the certificate "server" again'],
  ])("are refused with %s", (_, own, message) => {
    expect(faultsOf(own).join("\n")).toContain(message);
  });

  it("are refused with bytes behind a certificate within its block, also such as OpenSSL takes", () => {
    const der = Buffer.from(server.pem.replace(/^-.*$/gm, ""), "base64");
    const longer = Buffer.concat([der, Buffer.of(0x30, 0)])
      .toString("base64")
      .replace(/.{64}/g, "$&\n");
    const chain = `-----BEGIN CERTIFICATE-----\n${longer}\n-----END CERTIFICATE-----\n${intermediate.pem}`;
    expect(faultsOf({ chain }).join("\n")).toContain("as block 1, a certificate that is damaged");
  });

  it("are refused with a key of which a single character was changed", () => {
    // 36 octets of PKCS #8 and SEC 1 come before the 32 of the secret (RFC 5958, 2; RFC 5915, 3).
    const secret = { from: Math.ceil((36 * 4) / 3), to: Math.floor((67 * 4) / 3) };
    const body = good.key.replace(/^-.*$|\n/gm, "");
    fc.assert(
      fc.property(fc.integer({ min: secret.from, max: secret.to - 1 }), (at) => {
        const other = body[at] === "A" ? "B" : "A";
        const changed = (body.slice(0, at) + other + body.slice(at + 1)).replace(/.{64}/g, "$&\n");
        const key = `-----BEGIN PRIVATE KEY-----\n${changed}\n-----END PRIVATE KEY-----\n`;
        expect(faultsOf({ key })).toEqual([expect.stringContaining("The key can't be read")]);
      }),
    );
  });

  it("never show anything of the key, whatever was done to it, and are then refused", () => {
    const lines = good.key.trimEnd().split("\n");
    const place = fc.nat(good.key.length - 2);
    fc.assert(
      fc.property(
        place,
        fc.stringMatching(/^[!-~]{1,20}$/),
        fc.nat(20),
        fc.constantFrom<keyof OwnCertificate>("chain", "key", "authority"),
        (at, inserted, removed, part) => {
          const changed = good.key.slice(0, at) + inserted + good.key.slice(at + removed);
          fc.pre(changed.trim() !== good.key.trim());
          const { faults, warnings } = check({ [part]: changed });
          const told = [...faults, ...warnings].join("\n");
          for (const line of lines.filter((one) => !one.startsWith("-")))
            for (let from = 0; from + 8 <= line.length; from += 4)
              expect(told).not.toContain(line.slice(from, from + 8));
          expect(faults).not.toEqual([]);
        },
      ),
    );
  });
});
