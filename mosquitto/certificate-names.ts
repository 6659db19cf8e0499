import { isIP } from "node:net";
import type { Certificate } from "./certificate.ts";

/** How a server's certificate stands to the names that clients reach the server by. */
export interface NameCover {
  /** Names that no client finds in it. */
  readonly missing: readonly string[];
  /** Names that only its common name covers, which many clients don't look at (RFC 9525, 2). */
  readonly commonNameOnly: readonly string[];
}

/**
 * Matches names and IP addresses with a certificate as RFC 6125, 6.4 says.
 *
 * A wildcard is a whole left-most label and stands for one label; a name that is itself one, such as
 * `*.example.org`, has to be in the certificate as such.
 */
export function coverNames(certificate: Certificate, names: readonly string[]): NameCover {
  const uncovered = names.filter((name) => !covers(certificate, name, "never"));
  const commonNameOnly = uncovered.filter((name) => covers(certificate, name, "default"));
  return { missing: uncovered.filter((name) => !commonNameOnly.includes(name)), commonNameOnly };
}

/** Faults and warnings of a server's certificate about the names it is to serve. */
export function nameFindings(
  certificate: Certificate,
  names: readonly string[],
): { faults: string[]; warnings: string[] } {
  const { missing, commonNameOnly } = coverNames(certificate, names);
  const present = certificate.x509.subjectAltName ?? "none";
  return {
    faults:
      missing.length === 0
        ? []
        : [
            `The server's certificate ${certificate.title} does not cover ${listed(missing)}, its subject alternative names being ${present}; every configured name has to be covered: have it issued for these too, or take them out of the names in the config.`,
          ],
    warnings:
      commonNameOnly.length === 0
        ? []
        : [
            `The server's certificate ${certificate.title} covers ${listed(commonNameOnly)} by its common name only, which many clients ignore: have it issued with a subject alternative name.`,
          ],
  };
}

function covers({ x509 }: Certificate, name: string, subject: "never" | "default"): boolean {
  if (isIP(name) !== 0) return x509.checkIP(name) !== undefined;
  return x509.checkHost(name, { subject, partialWildcards: false }) !== undefined;
}

function listed(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}
