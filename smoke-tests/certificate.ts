import { generateKeyPairSync, type KeyObject, randomFillSync, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** Tags of DER (X.690, 8.1.2) in the way to an extension's value. */
const TAG = Object.freeze({ boolean: 0x01, bitString: 0x03, octetString: 0x04 });

/** 2.5.29.15, keyUsage, as DER (RFC 5280, 4.2.1.3). */
const KEY_USAGE = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0f]);

/** The bit of keyCertSign in the first byte of keyUsage (RFC 5280, 4.2.1.3). */
const KEY_CERT_SIGN = 0x04;

/** The extended key usage of a TLS server (RFC 5280, 4.2.1.12). */
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** Whether a certificate's key usage is given and takes in the signing of certificates, which Node does not tell. */
export function maySignCertificates({ raw }: X509Certificate): boolean {
  const at = raw.indexOf(KEY_USAGE);
  if (at < 0) return false;
  let next = at + KEY_USAGE.length;
  if (raw[next] === TAG.boolean) next += 3;
  if (raw[next] !== TAG.octetString || raw[next + 2] !== TAG.bitString) return false;
  return ((raw[next + 5] ?? 0) & KEY_CERT_SIGN) !== 0;
}

/** Whether a certificate says at all what its key may be used for. */
export function hasKeyUsage({ raw }: X509Certificate): boolean {
  return raw.includes(KEY_USAGE);
}

/** The names and addresses of a certificate's subjectAltName, as Node writes them. */
export function subjectNames({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
    .filter((entry) => entry !== "");
}

/**
 * What makes a certificate one that is not for a name or an address, as an option of Node's TLS clients.
 *
 * Addresses are left to OpenSSL: `tls.checkServerIdentity` of Node 22.23 and of 24.17 to 24.18 knows no IPv6
 * address (nodejs/node issue 64144).
 */
export function identityFault(name: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(name) === 0) return checkServerIdentity(name, certificate);
  if (new X509Certificate(certificate.raw).checkIP(name) !== undefined) return undefined;
  return Object.assign(new Error(`the certificate is not for ${name}`), {
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
}

/**
 * An impostor of a CA: the same certificate, with the same names and identifiers, but with another key in it.
 *
 * A client that trusts it must refuse what the real CA has signed, for the signature alone. Its own signature
 * is not valid, which no client looks at in a CA that it trusts (RFC 5280, 6.1).
 *
 * @returns PEM
 */
export function impostorOf(pem: string): string {
  const certificate = new X509Certificate(pem);
  const key = encode(certificate.publicKey);
  const other = otherThan(certificate.publicKey);
  const at = certificate.raw.indexOf(key);
  if (at < 0 || key.length !== other.length) {
    throw new Error(
      `no key of type ${certificate.publicKey.asymmetricKeyType} can be put in another's place`,
    );
  }
  const der = Buffer.from(certificate.raw);
  other.copy(der, at);
  return new X509Certificate(der).toString();
}

/** Bytes of an RSA modulus that are enough to make another of it, and where they lie from the key's end. */
const MODULUS = Object.freeze({ bytes: 32, fromEnd: 64 });

/** Another public key of the same kind and size. */
function otherThan(key: KeyObject): Buffer {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa" || type === "rsa-pss") {
    // Any odd number will do as a modulus, since nobody has to have the private key.
    const other = encode(key);
    return randomFillSync(other, other.length - MODULUS.fromEnd, MODULUS.bytes);
  }
  if (type === "ed25519") return encode(generateKeyPairSync(type).publicKey);
  return encode(generateKeyPairSync("ec", { namedCurve: details?.namedCurve ?? "prime256v1" }).publicKey);
}

function encode(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}
