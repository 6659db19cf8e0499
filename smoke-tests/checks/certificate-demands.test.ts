import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { inDays, issue, type TrialCertificate } from "../../mosquitto/trial-certificate.ts";
import { intermediate, NAMES, root, SERVER, server, stranger } from "../../mosquitto/trial-chain.ts";
import { SERVER_AUTH } from "../certificate.ts";
import { Unproved } from "../expectation.ts";
import {
  demandAuthority,
  demandNames,
  demandPurpose,
  demandStrongKey,
  demandValid,
  issuersOf,
} from "./certificate-demands.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const [STACKS, OWN] = [false, true];

function certificate(wanted: Partial<TrialCertificate>): X509Certificate {
  return new X509Certificate(issue({ ...SERVER, issuer: root, ...wanted }).pem);
}

function ec(namedCurve: string): KeyObject {
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}

describe("a server's certificate", () => {
  it("may be for clients too, or for anything, where it is the user's own", () => {
    const [both, anything] = [{ purposes: [SERVER_AUTH, CLIENT_AUTH] }, { purposes: undefined }];
    for (const wanted of [both, anything] as Partial<TrialCertificate>[]) {
      expect(() => demandPurpose(certificate(wanted), OWN)).not.toThrow();
      expect(() => demandPurpose(certificate(wanted), STACKS)).toThrow(Unproved);
    }
    expect(() => demandPurpose(certificate({}), STACKS)).not.toThrow();
    expect(() => demandPurpose(certificate({ purposes: [CLIENT_AUTH] }), OWN)).toThrow(Unproved);
  });

  it("may have a wildcard, and more names than the config, where it is the user's own", () => {
    const wide = certificate({ names: ["*.example.org", "more.example.com", "127.0.0.1"] });
    expect(() => demandNames(wide, NAMES, OWN)).not.toThrow();
    expect(() => demandNames(wide, NAMES, STACKS)).toThrow(Unproved);
    expect(() => demandNames(certificate({}), NAMES, STACKS)).not.toThrow();
  });

  it("is for every name of the config, whoever issued it", () => {
    for (const own of [STACKS, OWN]) {
      expect(() => demandNames(certificate({ names: ["127.0.0.1"] }), NAMES, own)).toThrow(/mqtt\.example/);
      expect(() => demandNames(certificate({ names: ["mqtt.example.org"] }), NAMES, own)).toThrow(Unproved);
    }
  });

  it.each([
    ["P-384", ec("P-384")],
    ["P-521", ec("P-521")],
    ["Ed25519", generateKeyPairSync("ed25519").privateKey],
    ["RSASSA-PSS", generateKeyPairSync("rsa-pss", { modulusLength: 2_048 }).privateKey],
  ])("may have a key of %s only where it is the user's own", (_, key) => {
    const { pem } = issue({ ...SERVER, issuer: root, key });
    expect(() => demandStrongKey(new X509Certificate(pem), OWN)).not.toThrow();
    expect(() => demandStrongKey(new X509Certificate(pem), STACKS)).toThrow(Unproved);
  });

  it("has no weak key, whoever issued it", () => {
    const weak = certificate({ key: generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey });
    for (const own of [STACKS, OWN]) {
      expect(() => demandStrongKey(weak, own)).toThrow(Unproved);
      expect(() => demandStrongKey(certificate({}), own)).not.toThrow();
    }
  });
});

describe("a CA", () => {
  it("may leave open what its key is for only where it is the user's own", () => {
    const open = new X509Certificate(stranger.pem);
    expect(() => demandAuthority(open, OWN)).not.toThrow();
    expect(() => demandAuthority(open, STACKS)).toThrow(Unproved);
    expect(() => demandAuthority(new X509Certificate(root.pem), STACKS)).not.toThrow();
  });

  it("may sign certificates, whoever issued it", () => {
    const mute = certificate({ name: "mute", authority: true, usage: 0x02 });
    for (const own of [STACKS, OWN]) {
      expect(() => demandAuthority(mute, own)).toThrow(Unproved);
      expect(() => demandAuthority(certificate({}), own)).toThrow(Unproved);
    }
  });
});

describe("the issuers of what a server has served", () => {
  const old = issue({ name: "root of old", authority: true, begins: inDays(-400), ends: inDays(-30) });
  const x509 = ({ pem }: { readonly pem: string }) => new X509Certificate(pem);

  it("are those on its way to a root, and not whoever else is trusted", () => {
    const issuers = issuersOf([server, intermediate].map(x509), [old, stranger, root].map(x509));
    expect(issuers.map(({ subject }) => subject)).toEqual(["CN=intermediate", "CN=root"]);
    for (const each of issuers) expect(() => demandValid(each)).not.toThrow();
  });

  it("are found wanting where the one that is needed has expired, or is not there", () => {
    const late = new X509Certificate(issue({ ...SERVER, issuer: old }).pem);
    const [issuer] = issuersOf([late], [old, root].map(x509)) as [X509Certificate];
    expect(() => demandValid(issuer)).toThrow(/root of old to be valid now/);
    expect(() => issuersOf([server].map(x509), [root].map(x509))).toThrow(Unproved);
  });
});
