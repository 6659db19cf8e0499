import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { type PeerCertificate, rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { issue } from "../mosquitto/trial-certificate.ts";
import { identityFault, impostorOf, maySignCertificates, subjectNames } from "./certificate.ts";

/** A server certificate for localhost, 127.0.0.1 and ::1. */
const SERVER = `-----BEGIN CERTIFICATE-----
MIIB3jCCAYWgAwIBAgIUG2CkXDlMFNGxclBE04pFRMBXGSgwCgYIKoZIzj0EAwIw
JDEiMCAGA1UEAwwZbmFib29tLW1xdHQgYmVkIGF1dGhvcml0eTAeFw0yNjExMjQx
MTA1MDlaFw0yNzExMjQxMTA1MDlaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABL5wiDpQNvvlIc2MpIOVa3S7x+VA31za+711
XvZc/Sxy3gjLXeCTOFCWqfgtfDfINzZ8iu91v75UlQ8inehSxj2jgaQwgaEwDAYD
VR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEw
LAYDVR0RBCUwI4IJbG9jYWxob3N0hwR/AAABhxAAAAAAAAAAAAAAAAAAAAABMB0G
A1UdDgQWBBTcQF7tnRc383aG4F2FjMRjNGv1/jAfBgNVHSMEGDAWgBQGvAYezLzl
dIuWlx70yDenB5t9OjAKBggqhkjOPQQDAgNHADBEAiB/1DUuohjiADvc8nz2grCJ
SRU7j3Z9x1PpcYin7lRYSAIgGb2IozUNK8m0E/mRxfJ0rmkdhHFDt6ixQRphJulg
YkA=
-----END CERTIFICATE-----`;

const roots = rootCertificates.map((pem) => new X509Certificate(pem));

/** The first of the CAs that Node brings along with a key of a kind. */
function rootWith(type: string): X509Certificate {
  const root = roots.find(({ publicKey }) => publicKey.asymmetricKeyType === type);
  if (root === undefined) throw new Error(`Node trusts no CA with a key of type ${type}`);
  return root;
}

describe("an impostor of a CA", () => {
  it.each(["ec", "rsa"])("has all that the CA has, but another %s key", (type) => {
    const root = rootWith(type);
    const impostor = new X509Certificate(impostorOf(root.toString()));
    const { publicKey } = impostor;
    expect(publicKey.equals(root.publicKey)).toBe(false);
    expect(publicKey.asymmetricKeyDetails).toEqual(root.publicKey.asymmetricKeyDetails);
    expect([impostor.subject, impostor.validTo, impostor.ca]).toEqual([root.subject, root.validTo, true]);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.verify(publicKey)).toBe(false);
  });

  it.each([
    ["rsa-pss", generateKeyPairSync("rsa-pss", { modulusLength: 2_048 }).privateKey],
    ["ed25519", generateKeyPairSync("ed25519").privateKey],
  ])("is there for a CA of the user's own with an %s key, too", (type, key) => {
    const ca = issue({
      name: "root",
      key,
      authority: true,
      signature: type === "ed25519" ? type : "rsa-pss-sha256",
    });
    const { publicKey } = new X509Certificate(impostorOf(ca.pem));
    expect(publicKey.asymmetricKeyType).toBe(type);
    expect(publicKey.equals(new X509Certificate(ca.pem).publicKey)).toBe(false);
  });
});

describe("a certificate's key usage", () => {
  it("takes in the signing of certificates in every CA that Node trusts and that has one", () => {
    const signing = roots.filter(maySignCertificates);
    expect(signing.length).toBeGreaterThan(roots.length * 0.9);
  });

  it("is told from none, and from one without the signing of certificates", () => {
    const { raw } = rootWith("ec");
    const at = raw.indexOf(Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0f]));
    const [none, less] = [Buffer.from(raw), Buffer.from(raw)];
    none[at + 4] = 0x7f;
    // Behind the identifier: critical (3 bytes), then the octet string around the bit string.
    less[at + 5 + 3 + 5] = 0x80;
    expect(maySignCertificates(new X509Certificate(raw))).toBe(true);
    expect(maySignCertificates(new X509Certificate(none))).toBe(false);
    expect(maySignCertificates(new X509Certificate(less))).toBe(false);
  });
});

describe("a certificate's names", () => {
  it("are listed without their kind, and are none in a CA", () => {
    const certificate = { subjectAltName: "DNS:localhost, IP Address:127.0.0.1" } as X509Certificate;
    expect(subjectNames(certificate)).toEqual(["localhost", "127.0.0.1"]);
    expect(subjectNames(rootWith("ec"))).toEqual([]);
  });
});

describe("a name", () => {
  const raw = new X509Certificate(SERVER).raw;
  const certificate = { raw, subjectaltname: new X509Certificate(SERVER).subjectAltName } as PeerCertificate;

  it.each(["localhost", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"])(
    "may be %s, which the certificate has",
    (name) => {
      expect(identityFault(name, certificate)).toBeUndefined();
    },
  );

  it.each(["other", "127.0.0.2", "::2"])("may not be %s, which it has not", (name) => {
    expect(identityFault(name, certificate)).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });
});
