import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";

/** DER tags that are needed to find one's way in a certificate (X.690, 8.1.2). */
const TAG = Object.freeze({ sequence: 0x30, bitString: 0x03, octetString: 0x04, boolean: 0x01 });

/** Object identifiers in DER. */
const OID = Object.freeze({
  /** 2.5.29.15, keyUsage (RFC 5280, 4.2.1.3). */
  keyUsage: Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0f]),
});

/** The extended key usage of a TLS server (RFC 5280, 4.2.1.12). */
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** Bits of keyUsage (RFC 5280, 4.2.1.3), by their place in its first byte. */
const KEY_CERT_SIGN = 0x04;

/** Whether a certificate's key usage is given and takes in the signing of certificates. */
export function maySignCertificates({ raw }: X509Certificate): boolean {
  const at = raw.indexOf(OID.keyUsage);
  if (at < 0) return false;
  let next = at + OID.keyUsage.length;
  if (raw[next] === TAG.boolean) next += 3;
  if (raw[next] !== TAG.octetString || raw[next + 2] !== TAG.bitString) return false;
  return ((raw[next + 5] ?? 0) & KEY_CERT_SIGN) !== 0;
}

/** The names and addresses of a certificate's subjectAltName, as Node writes them. */
export function subjectNames({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
    .filter((entry) => entry !== "");
}

/**
 * An impostor of a CA: a certificate with the same names, validity and identifiers, but another key.
 *
 * A client that trusts it instead must refuse what the real CA has signed, for the signature alone.
 *
 * @returns PEM
 */
export function impostorOf(pem: string): string {
  const certificate = new X509Certificate(pem);
  const { publicKey, privateKey } = keyPairLike(certificate.publicKey);
  const [real, other] = [certificate.publicKey, publicKey].map((key) =>
    key.export({ type: "spki", format: "der" }),
  ) as [Buffer, Buffer];
  const [, body] = element(certificate.raw, 0);
  const [bodyStart, signed] = element(certificate.raw, body.start);
  const toBeSigned = Buffer.from(certificate.raw.subarray(bodyStart, signed.end));
  const at = toBeSigned.indexOf(real);
  if (at < 0 || real.length !== other.length)
    throw new Error("the CA's key is of a kind that cannot be copied");
  other.copy(toBeSigned, at);
  const [algorithmStart, algorithm] = element(certificate.raw, signed.end);
  const hash = publicKey.asymmetricKeyType?.startsWith("ed") ? null : "sha256";
  const signature = encode(
    TAG.bitString,
    Buffer.concat([Buffer.alloc(1), sign(hash, toBeSigned, privateKey)]),
  );
  const der = encode(
    TAG.sequence,
    Buffer.concat([toBeSigned, certificate.raw.subarray(algorithmStart, algorithm.end), signature]),
  );
  return new X509Certificate(der).toString();
}

/** A fresh key pair whose public key takes as many bytes as the given one. */
function keyPairLike(key: KeyObject): { publicKey: KeyObject; privateKey: KeyObject } {
  const { namedCurve, modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa" && modulusLength !== undefined) {
    return generateKeyPairSync("rsa", { modulusLength, publicExponent: Number(publicExponent ?? 65_537n) });
  }
  if (key.asymmetricKeyType === "ed25519") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("ec", { namedCurve: namedCurve ?? "prime256v1" });
}

interface Element {
  /** Where its content begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** The DER element at an offset: the offset itself, and where its content begins and ends (X.690, 8.1.3). */
function element(der: Buffer, offset: number): [number, Element] {
  const first = der[offset + 1] ?? 0;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  const length = extra === 0 ? first : der.readUIntBE(offset + 2, extra);
  const start = offset + 2 + extra;
  return [offset, { start, end: start + length }];
}

function encode(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const bytes = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}
