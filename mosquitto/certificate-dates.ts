import type { Certificate } from "./certificate.ts";

const WARNING_DAYS = 14;
const DAY = 86_400_000;

/** Faults and warnings of a certificate about its dates; both ends belong to its validity (RFC 5280, 4.1.2.5). */
export function dateFindings(certificate: Certificate, now: Date): { faults: string[]; warnings: string[] } {
  const { title, begins, ends } = certificate;
  const today = iso(now);
  if (now < begins) {
    return {
      faults: [
        `The certificate ${title} is not valid before ${iso(begins)}, and now it is ${today}: wait until then, set this machine's clock if it is wrong, or have one issued that is valid now.`,
      ],
      warnings: [],
    };
  }
  if (now > ends) {
    return {
      faults: [
        `The certificate ${title} expired on ${iso(ends)}, and now it is ${today}: have it renewed, or set this machine's clock if it is wrong.`,
      ],
      warnings: [],
    };
  }
  const days = Math.floor((ends.getTime() - now.getTime()) / DAY);
  const soon =
    ends.getTime() - now.getTime() <= WARNING_DAYS * DAY
      ? [`The certificate ${title} expires on ${iso(ends)} (days left: ${days}): have it renewed.`]
      : [];
  return { faults: [], warnings: soon };
}

/** Findings about a CA certificate that clients trust and the server has no need of: its dates do no harm. */
export function idleDateWarnings(certificate: Certificate, now: Date): string[] {
  const { title, begins, ends } = certificate;
  if (begins <= now && now <= ends) return [];
  return [
    `The authority's certificate ${title}, which the server has no need of, is valid from ${iso(begins)} to ${iso(ends)}, and now it is ${iso(now)}: remove it from the authority if it is out of use.`,
  ];
}

/** Warnings about issuers that expire before the server's certificate, which is worth nothing from then on. */
export function shortLivedIssuers(server: Certificate, issuers: readonly Certificate[]): string[] {
  return issuers
    .filter(({ ends }) => ends < server.ends)
    .map(
      ({ title, ends }) =>
        `The issuer ${title} expires on ${iso(ends)}, before the server's certificate ${server.title} does on ${iso(server.ends)}, which no client takes from then on: have the server's certificate issued by one that is valid longer.`,
    );
}

/** ISO 8601 to the second, as certificates are. */
function iso(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
