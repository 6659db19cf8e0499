import { type Certificate, isIssuedBy, isSame, namesAsIssuer, title } from "./certificate.ts";

/** TLS web server authentication (RFC 5280, 4.2.1.12). */
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

/** The certificates of an own certificate's texts. */
export interface Given {
  readonly chain: readonly Certificate[];
  readonly authority: readonly Certificate[];
}

/** The way from a server's certificate to a root that clients trust. */
export interface CertificatePath {
  /** The server's certificate, intermediates, the root; where there is no way, as far as it goes. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** Whether each is signed by the next, and the last is a root of the authority. */
  readonly trusted: boolean;
}

/** Certificates in the order in which they are served, and those that have no place in it. */
export interface ServedOrder {
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly stray: readonly Certificate[];
}

/** The server's certificate first, then each one's issuer (RFC 8446, 4.4.2), as far as there is one. */
export function servedOrder(server: Certificate, chain: readonly Certificate[]): ServedOrder {
  const certificates: [Certificate, ...Certificate[]] = [server];
  const left = chain.filter((one) => one !== server);
  for (let last = server; ; ) {
    const next = left.findIndex((candidate) => isIssuedBy(last, candidate));
    if (next === -1) return { certificates, stray: left };
    last = left.splice(next, 1)[0] as Certificate;
    certificates.push(last);
  }
}

/**
 * The way that OpenSSL takes from the server's certificate to a self-signed one of the authority.
 *
 * It goes by the names and key identifiers of issuers, looks among trusted certificates before the
 * served ones and prefers those that are valid now; it tries no second way when the first is wrong.
 */
export function findPath(server: Certificate, { chain, authority }: Given, now: Date): CertificatePath {
  const valid = ({ begins, ends }: Certificate) => begins <= now && now <= ends;
  const candidates = [
    ...authority.filter(valid),
    ...authority.filter((one) => !valid(one)),
    ...chain.filter((one) => one !== server),
  ];
  const certificates: [Certificate, ...Certificate[]] = [server];
  for (let last = server; !last.selfSigned; ) {
    const left = candidates.filter((candidate) => !certificates.some((one) => isSame(one, candidate)));
    const next =
      left.find((candidate) => last.x509.checkIssued(candidate.x509)) ??
      left.find((candidate) => namesAsIssuer(last, candidate));
    if (next === undefined) return { certificates, trusted: false };
    certificates.push(next);
    last = next;
  }
  const anchored = authority.some((one) => isSame(one, certificates.at(-1) ?? server));
  return { certificates, trusted: anchored && forgedIn(certificates) === undefined };
}

/** Faults of a path: why it ends before the authority, or what a client would refuse on it. */
export function pathFaults({ certificates, trusted }: CertificatePath, { authority }: Given): string[] {
  const links = certificates.flatMap((_, place) => linkFaults(certificates, place));
  const forged = forgedIn(certificates);
  if (forged !== undefined) {
    const forgery = `The certificate ${forged.title} names ${title(forged.x509.issuer)} as its issuer, but was signed with another key than that of the certificate given for it; each one has to be signed by the next: give the certificate of the issuer that did sign it.`;
    return [forgery, ...links];
  }
  return trusted ? links : [deadEnd(certificates.at(-1) ?? certificates[0], authority), ...links];
}

/** The first certificate whose issuer, the next one, did not sign it. */
function forgedIn(certificates: readonly Certificate[]): Certificate | undefined {
  return certificates.find((one, place) => {
    const issuer = certificates[place + 1];
    return issuer !== undefined && !isIssuedBy(one, issuer);
  });
}

function deadEnd(last: Certificate, authority: readonly Certificate[]): string {
  const issuer = title(last.x509.issuer);
  if (last.selfSigned) {
    const trusted = authority.map((one) => one.title).join(", ");
    return `The chain ends at the self-signed certificate ${last.title}, while clients are to trust ${trusted}; it has to lead to a root among the authority's: give ${last.title} as the authority, or a chain that the authority issued.`;
  }
  if (authority.some((one) => isSame(one, last))) {
    return `The authority ${last.title} is no root but issued by ${issuer}, which is not given, and clients trust up to a self-signed certificate only: add the certificate of ${issuer} to the authority.`;
  }
  return `The chain ends at the certificate ${last.title}, whose issuer ${issuer} is neither in the chain nor in the authority; it has to lead to a root among the authority's: append the certificate of ${issuer} to the chain, or, where that is the root, give it as the authority.`;
}

/** What a client would refuse about one certificate of a path, by its place; the server's has place 0. */
function linkFaults(path: readonly Certificate[], place: number): string[] {
  const certificate = path[place] as Certificate;
  const below = path[place - 1];
  const { title, x509, pathLength } = certificate;
  const faults: string[] = [];
  // RFC 5280, 4.2.1.9: self-issued ones don't count, nor does the server's own.
  const intermediates = path
    .slice(1, Math.max(place, 1))
    .filter((one) => one.x509.subject !== one.x509.issuer);
  if (pathLength !== undefined && pathLength < intermediates.length) {
    faults.push(
      `The certificate ${title} allows ${pathLength} intermediates below itself, and the chain has ${intermediates.length}: have the server's certificate issued by ${title} itself or by one of its allowed intermediates.`,
    );
  }
  // Typed as always there, which it is not.
  const purposes = x509.keyUsage as readonly string[] | undefined;
  if (purposes !== undefined && !purposes.includes(SERVER_AUTHENTICATION)) {
    faults.push(
      `The certificate ${title} is restricted to other purposes than a TLS server's (extended key usage ${purposes.join(", ")}); allowed are those with serverAuth, ${SERVER_AUTHENTICATION}, or without a restriction: have it issued as a server's certificate.`,
    );
  }
  if (below !== undefined && x509.ca && isIssuedBy(below, certificate) && !below.x509.checkIssued(x509)) {
    faults.push(
      `The certificate ${below.title} names another certificate of its issuer than ${title} that is given (authority key identifier), which clients refuse: give the one that it names.`,
    );
  }
  return faults;
}
