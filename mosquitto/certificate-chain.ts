import { type Certificate, isSame } from "./certificate.ts";
import { readBundle } from "./certificate-bundle.ts";
import { dateFindings, idleDateWarnings, shortLivedIssuers } from "./certificate-dates.ts";
import { nameFindings } from "./certificate-names.ts";
import { type CertificatePath, findPath, type Given, pathFaults, servedOrder } from "./certificate-path.ts";
import { strengthFaults } from "./certificate-strength.ts";
import { type PrivateKey, readPrivateKey } from "./private-key.ts";

/** A certificate for the server that was issued elsewhere; all PEM texts. */
export interface OwnCertificate {
  /** The server's certificate, then each one's issuer; the root may be left out. */
  readonly chain: string;
  /** The server's private key, not encrypted. */
  readonly key: string;
  /** The CA certificates that clients trust. */
  readonly authority: string;
}

/** What is asked of a certificate besides itself. */
export interface CertificateContext {
  /** DNS names and IP addresses that the server is reached by. */
  readonly names: readonly string[];
  readonly now: Date;
}

/** What is wrong with a certificate, one sentence each: what was given, what is allowed, what to do. */
export interface CertificateFindings {
  /** With one of these it may not be served. */
  readonly faults: readonly string[];
  /** What is going to be wrong, or is for some clients. */
  readonly warnings: readonly string[];
}

/**
 * Checks a certificate that was issued elsewhere before anything relies on it, and names every mistake.
 *
 * Relations between certificates are judged only where all of them can be read. Not judged: name
 * constraints and certificate policies (RFC 5280, 4.2.1.4 and 4.2.1.10), and revocation.
 */
export function checkOwnCertificate(own: OwnCertificate, context: CertificateContext): CertificateFindings {
  const chain = readBundle("chain", own.chain);
  const authority = readBundle("authority", own.authority);
  const key = readPrivateKey(own.key);
  const server = serverOf(chain.certificates, key);
  const findings: CertificateFindings[] = [
    { faults: [...chain.faults, ...key.faults, ...authority.faults], warnings: [] },
  ];
  const all = { chain: chain.certificates, authority: authority.certificates };
  const path =
    server !== undefined && chain.whole && authority.whole ? findPath(server, all, context.now) : undefined;
  findings.push(...eachCertificate(all, path, context.now));
  if (server !== undefined) {
    if (!server.x509.ca) findings.push(nameFindings(server, context.names));
    findings.push({ faults: serverFaults(server, key), warnings: [] });
    if (path !== undefined) findings.push(relationFindings(path, all));
  }
  return {
    faults: findings.flatMap(({ faults }) => faults),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

/** The server's certificate among those of the chain, also where it stands in the wrong place. */
function serverOf(chain: readonly Certificate[], { key }: PrivateKey): Certificate | undefined {
  const others = chain.filter(({ x509 }) => !x509.ca);
  const matching = others.find(({ x509 }) => key !== undefined && x509.checkPrivateKey(key));
  return matching ?? others[0] ?? chain[0];
}

function serverFaults({ title, x509, signs, signsCertificates }: Certificate, { key }: PrivateKey): string[] {
  if (x509.ca) {
    return [
      `The chain begins with the certificate of a certificate authority, ${title}; allowed is a server's own that an authority issued, with the basic constraint CA:FALSE: put that one first.`,
    ];
  }
  const faults: string[] = [];
  if (key !== undefined && !x509.checkPrivateKey(key)) {
    faults.push(
      `The key does not belong to the server's certificate ${title}, which is for another public key; allowed is only the key that it was requested with: give that one, or have a certificate issued for this key.`,
    );
  }
  if (!signs) {
    faults.push(
      `The server's certificate ${title} does not allow its key to sign, as TLS 1.3 asks (key usage digitalSignature): have it issued with that usage.`,
    );
  }
  if (signsCertificates) {
    faults.push(
      `The server's certificate ${title} allows its key to sign certificates (key usage keyCertSign), which only an authority may (RFC 5280, 4.2.1.9): have it issued without that usage.`,
    );
  }
  return faults;
}

/** What each certificate is by itself. One that clients trust may be expired if the server has no need of it. */
function eachCertificate(
  { chain, authority }: Given,
  path: CertificatePath | undefined,
  now: Date,
): CertificateFindings[] {
  const used = path === undefined ? [...chain, ...authority] : [...chain, ...path.certificates];
  return distinct([...chain, ...authority]).map((certificate) => {
    const dates = used.some((one) => isSame(one, certificate))
      ? dateFindings(certificate, now)
      : { faults: [], warnings: idleDateWarnings(certificate, now) };
    return { ...dates, faults: [...dates.faults, ...strengthFaults(certificate)] };
  });
}

/** What the certificates are to each other: order, authorities, and the way to the root. */
function relationFindings(path: CertificatePath, { chain, authority }: Given): CertificateFindings {
  const [server, ...issuers] = path.certificates;
  const faults = [
    ...orderFaults(server, chain, path.trusted),
    ...distinct([...authority, ...issuers])
      .filter(({ x509 }) => !x509.ca)
      .map(notAnAuthority),
    ...pathFaults(path, { chain, authority }),
  ];
  return { faults, warnings: path.trusted ? shortLivedIssuers(server, issuers) : [] };
}

function orderFaults(server: Certificate, chain: readonly Certificate[], trusted: boolean): string[] {
  const { certificates, stray } = servedOrder(server, chain);
  const given = chain.filter((one) => !stray.includes(one));
  const faults: string[] = [];
  if (given.some((one, place) => one !== certificates[place])) {
    faults.push(
      `The chain is in the wrong order, ${titles(given)}; the server's certificate comes first, and after each one its issuer: put it in the order ${titles(certificates)}.`,
    );
  }
  // Where the way to the authority is broken, that is the fault to mend first.
  if (trusted && stray.length > 0) {
    faults.push(
      `The chain holds certificates that have no part in it, ${titles(stray)}; allowed are the server's own and after each one its issuer: remove them.`,
    );
  }
  return faults;
}

function notAnAuthority({ title }: Certificate): string {
  return `The certificate ${title} stands in an issuer's place but is not that of a certificate authority; allowed are those with the basic constraint CA:TRUE that may sign certificates: give the issuer's own certificate.`;
}

function titles(certificates: readonly Certificate[]): string {
  return certificates.map(({ title }) => title).join(", ");
}

function distinct(certificates: readonly Certificate[]): Certificate[] {
  return certificates.filter(
    (one, place) => certificates.findIndex((earlier) => isSame(earlier, one)) === place,
  );
}
