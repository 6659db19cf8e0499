import { X509Certificate } from "node:crypto";
import { type Certificate, isSame } from "../mosquitto/certificate.ts";
import { readBundle } from "../mosquitto/certificate-bundle.ts";
import { findPath } from "../mosquitto/certificate-path.ts";
import { expiry } from "./authority.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import type { StackOutputs } from "./contract.ts";

const DAY = 86_400_000;

/**
 * What the outputs say of the server's certificate and of the CAs that clients trust; both PEM.
 *
 * @param chain the server's certificate, and the intermediates behind it where there are some
 */
export function describeCertificates(
  authority: string,
  chain: string,
  { names, renewalDays, own }: Pick<CertificateSettings, "names" | "renewalDays" | "own">,
  now: Date = new Date(),
): StackOutputs["certificates"] {
  const trusted = readBundle("authority", authority).certificates;
  const relevant = own === undefined ? trusted : needed(trusted, chain, now);
  const [first = new X509Certificate(authority)] = relevant
    .map(({ x509 }) => x509)
    .sort((a, b) => expiry(a).localeCompare(expiry(b)));
  const certificate = new X509Certificate(chain);
  return {
    authority,
    own: own !== undefined,
    authorityIssued: issue(first),
    authorityExpires: expiry(first),
    serverIssued: issue(certificate),
    serverExpires: expiry(certificate),
    serverFingerprint: certificate.fingerprint256,
    // Of a certificate that was brought, the config does not know the validity.
    renewalDays:
      own === undefined
        ? renewalDays
        : (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3 / DAY,
    names: [...names],
  };
}

/** The CAs on the server's way to its root: of others that the user trusts besides, the dates do no harm. */
function needed(trusted: readonly Certificate[], chain: string, now: Date): readonly Certificate[] {
  const served = readBundle("chain", chain).certificates;
  const [server] = served;
  if (server === undefined) return trusted;
  const path = findPath(server, { chain: served, authority: trusted }, now).certificates;
  return trusted.filter((one) => path.some((each) => isSame(each, one)));
}

/** When a certificate was issued, ISO 8601. */
function issue(certificate: X509Certificate): string {
  return new Date(certificate.validFrom).toISOString();
}
