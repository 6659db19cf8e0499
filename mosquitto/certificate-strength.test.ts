import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Issued, issue, type TrialCertificate } from "./trial-certificate.ts";
import {
  check,
  checkServer,
  faultsOf,
  intermediate,
  NAMES,
  root,
  SERVER,
  stranger,
  text,
} from "./trial-chain.ts";

describe("the server's certificate", () => {
  it("is refused with the key of another", () => {
    expect(faultsOf({ key: stranger.keyPem })).toEqual([
      expect.stringContaining('key does not belong to the server\'s certificate "server"'),
    ]);
  });

  it("is refused where it does not cover the names, which are listed", () => {
    expect(faultsOf({}, new Date(), [...NAMES, "localhost", "::1"])).toEqual([
      expect.stringContaining('does not cover "localhost", "::1"'),
    ]);
  });

  it("is warned of where only the common name covers the name", () => {
    const issued = issue({ name: "mqtt.example.org", issuer: intermediate });
    expect(
      check({ chain: text(issued, intermediate), key: issued.keyPem }, new Date(), [issued.name]),
    ).toEqual({
      faults: [],
      warnings: [expect.stringContaining("by its common name only")],
    });
  });

  it.each([
    ["is for clients only", { purposes: ["1.3.6.1.5.5.7.3.2"] }, "restricted to other purposes"],
    [
      "is for any purpose, which OpenSSL's clients refuse",
      { purposes: ["2.5.29.37.0"] },
      "restricted to other",
    ],
    ["has a key that may not sign", { usage: 0x20 }, "does not allow its key to sign"],
    ["has a key that may sign certificates", { usage: 0x84 }, "allows its key to sign certificates"],
  ])("is refused if it %s", (_, flaw, message) => {
    expect(checkServer(flaw).faults).toEqual([expect.stringContaining(message)]);
  });

  it("is taken for servers and clients, and without a restriction", () => {
    expect(checkServer({ purposes: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"] }).faults).toEqual([]);
    const free = issue({ name: "server", names: NAMES, issuer: intermediate });
    expect(faultsOf({ chain: text(free, intermediate), key: free.keyPem })).toEqual([]);
  });

  const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
  const curve = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;

  it.each([
    ["RSA of 2048 bits", rsa(2048)],
    ["RSASSA-PSS of 2048 bits", generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey],
    ["P-384", curve("P-384")],
    ["P-521", curve("P-521")],
    ["Ed25519", generateKeyPairSync("ed25519").privateKey],
  ])("is taken with a key of %s", (_, key) => {
    expect(checkServer({ key }).faults).toEqual([]);
  });

  it.each([
    ["RSA of 1024 bits", rsa(1024), "an RSA key of 1024 bits"],
    ["secp256k1", curve("secp256k1"), "an ECDSA key on the curve secp256k1"],
    ["Ed448", generateKeyPairSync("ed448").privateKey, "a key of the kind ed448"],
  ])("is refused with a key of %s", (_, key, message) => {
    expect(checkServer({ key }).faults).toEqual([expect.stringContaining(`"server" has ${message};`)]);
  });

  const rsaRoot = issue({ name: "rsa root", authority: true, key: rsa(2048), signature: "rsa-sha1" });
  const signedBy = (issuer: Issued, signature: NonNullable<TrialCertificate["signature"]>) => {
    const issued = issue({ ...SERVER, issuer, signature });
    return faultsOf({ chain: issued.pem, key: issued.keyPem, authority: issuer.pem });
  };

  it("is taken if signed with SHA-256, also with RSASSA-PSS, and under a root that signed itself with SHA-1", () => {
    expect(signedBy(rsaRoot, "rsa-sha256")).toEqual([]);
    expect(signedBy(rsaRoot, "rsa-pss-sha256")).toEqual([]);
  });

  it("is taken if signed with Ed25519", () => {
    const key = generateKeyPairSync("ed25519").privateKey;
    expect(signedBy(issue({ name: "edwards", authority: true, key }), "ed25519")).toEqual([]);
  });

  it.each([
    ["MD5 with RSA", rsaRoot, "rsa-md5"],
    ["SHA-1 with RSA", rsaRoot, "rsa-sha1"],
    ["SHA-1 with ECDSA", root, "ecdsa-sha1"],
  ] as const)("is refused if signed with %s", (name, issuer, signature) => {
    expect(signedBy(issuer, signature)).toEqual([
      expect.stringContaining(`certificate "server" is signed with ${name};`),
    ]);
  });
});
