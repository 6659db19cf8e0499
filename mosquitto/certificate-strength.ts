import type { KeyObject } from "node:crypto";
import type { Certificate } from "./certificate.ts";

const MINIMUM_RSA_BITS = 2048;

/** The curves that TLS names for certificates (RFC 8446, 4.2.3), under OpenSSL's names. */
const CURVES = Object.freeze({ prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" });

const ALLOWED_KEYS = `RSA of at least ${MINIMUM_RSA_BITS} bits, ECDSA on ${Object.values(CURVES).join(", ")}, and Ed25519`;

/** Signature algorithms by what `Certificate.signature` holds: those that TLS 1.3 names (RFC 8446, 4.2.3). */
const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  ...["0b", "0c", "0d"].map((last) => `2a864886f70d0101${last}`),
  ...["01", "02", "03"].map((last) => `2a864886f70d01010a 6086480165030402${last}`),
  ...["02", "03", "04"].map((last) => `2a8648ce3d0403${last}`),
  "2b6570",
]);

/** The names of those that are still met, and no longer safe. */
const WEAK_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010102", "MD2 with RSA"],
  ["2a864886f70d010104", "MD5 with RSA"],
  ["2a864886f70d010105", "SHA-1 with RSA"],
  ["2a864886f70d01010a", "SHA-1 with RSASSA-PSS"],
  ["2a864886f70d01010e", "SHA-224 with RSA"],
  ["2a8648ce3d0401", "SHA-1 with ECDSA"],
  ["2a8648ce3d0301", "SHA-224 with ECDSA"],
]);

/** Faults of a certificate's key and signature, by what today's TLS libraries take (NIST SP 800-131A). */
export function strengthFaults(certificate: Certificate): string[] {
  const { title, publicKey, selfSigned, signature } = certificate;
  const key = publicKey === undefined ? "a key of an unknown kind" : weakKey(publicKey);
  // A root is trusted as it stands: nobody relies on its own signature.
  const weakSignature = !selfSigned && !STRONG_SIGNATURES.has(signature);
  const name = WEAK_SIGNATURES.get(signature) ?? "an unknown algorithm";
  return [
    ...(key === undefined
      ? []
      : [
          `The certificate ${title} has ${key}; allowed are ${ALLOWED_KEYS}: have one issued for such a key.`,
        ]),
    ...(weakSignature
      ? [
          `The certificate ${title} is signed with ${name}; allowed are SHA-256, SHA-384 and SHA-512 with RSA or ECDSA, and Ed25519: have it issued again.`,
        ]
      : []),
  ];
}

/** What is weak about a public key, or nothing. */
function weakKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === "rsa" || type === "rsa-pss") {
    const bits = details?.modulusLength ?? 0;
    return bits < MINIMUM_RSA_BITS ? `an RSA key of ${bits} bits` : undefined;
  }
  if (type === "ec") {
    const curve = details?.namedCurve;
    if (curve === undefined) return "an ECDSA key on a curve without a name";
    return Object.hasOwn(CURVES, curve) ? undefined : `an ECDSA key on the curve ${curve}`;
  }
  return type === "ed25519" ? undefined : `a key of the kind ${type}`;
}
