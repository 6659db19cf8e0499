import type { X509Certificate } from "node:crypto";
import { type Certificate, readCertificate } from "../../mosquitto/certificate.ts";
import { coverNames } from "../../mosquitto/certificate-names.ts";
import { findPath } from "../../mosquitto/certificate-path.ts";
import { strengthFaults } from "../../mosquitto/certificate-strength.ts";
import { hasKeyUsage, maySignCertificates, SERVER_AUTH, subjectNames } from "../certificate.ts";
import { demand, demandSame, Unproved } from "../expectation.ts";

// Of what the stack issues each detail is known; what the user brings, `own`, may be whatever an `up` takes.

/** Demands that a certificate is that of a CA. */
export function demandAuthority(ca: X509Certificate, own: boolean): void {
  demand(ca.ca, "basicConstraints with CA:TRUE", `none in ${ca.subject}`);
  const signs = maySignCertificates(ca) || (own && !hasKeyUsage(ca));
  const expected = own ? "keyUsage with keyCertSign, or none at all" : "keyUsage with keyCertSign";
  demand(signs, expected, own ? `one without in ${ca.subject}` : `none in ${ca.subject}`);
}

/** Demands that a certificate may be a TLS server's, and of the stack's that it may be nothing else. */
export function demandPurpose({ keyUsage }: X509Certificate, own: boolean): void {
  // Typed as always there, which it is not.
  const purposes = keyUsage as readonly string[] | undefined;
  if (!own) {
    demandSame("extended key usage", purposes, [SERVER_AUTH]);
    return;
  }
  const fit = purposes === undefined || purposes.includes(SERVER_AUTH);
  demand(fit, `extended key usage with ${SERVER_AUTH}, or none at all`, JSON.stringify(purposes));
}

/** Demands that a certificate is for all of the names, and of the stack's that it is for no other. */
export function demandNames(server: X509Certificate, names: readonly string[], own: boolean): void {
  if (own) {
    const { missing } = coverNames(read(server), names);
    const seen = `${missing.join(", ")} not taken in by ${server.subjectAltName ?? "no name"}`;
    demand(missing.length === 0, `a certificate for ${names.join(", ")}`, seen);
    return;
  }
  const seen = subjectNames(server).map(expanded).sort();
  demandSame("subjectAltName", seen, [...names].map(expanded).sort());
}

/** Demands a key that no client refuses. */
export function demandStrongKey(server: X509Certificate, own: boolean): void {
  if (own) {
    const faults = strengthFaults(read(server));
    demand(faults.length === 0, "a key and a signature that an update takes", faults.join(" "));
    return;
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = server.publicKey;
  const strong =
    (type === "ec" && details?.namedCurve === "prime256v1") ||
    (type === "rsa" && (details?.modulusLength ?? 0) >= 2_048);
  demand(strong, "such a key", `${type} ${JSON.stringify(details, (_, value) => `${value}`)}`);
}

/** Demands that a certificate is within its validity. */
export function demandValid({ validFrom, validTo, subject }: X509Certificate, now = new Date()): void {
  const valid = Date.parse(validFrom) <= now.getTime() && now.getTime() < Date.parse(validTo);
  demand(valid, `${subject} to be valid now`, `valid from ${validFrom} to ${validTo}`);
}

/**
 * The issuers on the way that a client takes from what a server has served to a root that it trusts.
 *
 * @param served the server's certificate, then whatever else it has served
 * @throws Unproved where no way leads there
 */
export function issuersOf(
  served: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  now = new Date(),
): readonly X509Certificate[] {
  const [server, ...others] = served.map(read);
  if (server === undefined) throw new Unproved("a certificate", "none was served");
  const path = findPath(server, { chain: others, authority: trusted.map(read) }, now);
  const [, ...issuers] = path.certificates.map(({ x509 }) => x509);
  demand(path.trusted, "a way to a CA that clients trust", `one that ends at ${issuers.at(-1)?.subject}`);
  return issuers;
}

function read(certificate: X509Certificate): Certificate {
  const readable = readCertificate(certificate.toString());
  if (readable === undefined)
    throw new Unproved("a certificate", `one that is damaged, ${certificate.subject}`);
  return readable;
}

/** One way to write an address: IPv6 is shortened in the outputs and in full in a certificate. */
function expanded(name: string): string {
  return name.includes(":") ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}
