import { type Certificate, isIssuedBy, isSame, namesAsIssuer, title } from "./certificate.ts";

/** TLS web server authentication (RFC 5280, 4.2.1.12). */
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

/** The way from a server's certificate to a root that clients trust. */
export interface CertificatePath {
  /** The server's certificate, intermediates, the root; where there is no way, as far as it goes. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** Whether its last certificate is a root of the authority. */
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

/** Looks for a way from the server's certificate to a self-signed one of the authority, trusted ones first. */
export function findPath(
  server: Certificate,
  chain: readonly Certificate[],
  authority: readonly Certificate[],
): CertificatePath {
  const candidates = [...authority].sort((one, other) => Number(other.selfSigned) - Number(one.selfSigned));
  candidates.push(...chain);
  const tried = new Set<string>();
  let longest: [Certificate, ...Certificate[]] = [server];
  const extend = (path: [Certificate, ...Certificate[]]): CertificatePath | undefined => {
    const last = path.at(-1) ?? server;
    tried.add(last.x509.fingerprint256);
    if (path.length > longest.length) longest = path;
    if (last.selfSigned) {
      return authority.some((root) => isSame(root, last)) ? { certificates: path, trusted: true } : undefined;
    }
    for (const candidate of candidates) {
      if (tried.has(candidate.x509.fingerprint256) || !isIssuedBy(last, candidate)) continue;
      const found = extend([...path, candidate]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return extend([server]) ?? { certificates: longest, trusted: false };
}

/** Faults of a path: why it ends before the authority, or what a client would refuse on it. */
export function pathFaults(
  path: CertificatePath,
  chain: readonly Certificate[],
  authority: readonly Certificate[],
): string[] {
  return path.trusted
    ? path.certificates.flatMap((_, place) => linkFaults(path.certificates, place))
    : [deadEnd(path.certificates.at(-1) ?? path.certificates[0], chain, authority)];
}

function deadEnd(
  last: Certificate,
  chain: readonly Certificate[],
  authority: readonly Certificate[],
): string {
  const issuer = title(last.x509.issuer);
  if (last.selfSigned) {
    const trusted = authority.map((one) => one.title).join(", ");
    return `The chain ends at the self-signed certificate ${last.title}, while clients are to trust ${trusted}; it has to lead to a root among the authority's: give ${last.title} as the authority, or a chain that the authority issued.`;
  }
  if ([...chain, ...authority].some((one) => namesAsIssuer(last, one))) {
    return `The certificate ${last.title} names ${issuer} as its issuer, but was signed with another key than that of the certificate given for it; each one has to be signed by the next: give the certificate of the issuer that did sign it.`;
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
  if (below !== undefined && x509.ca && !below.x509.checkIssued(x509)) {
    faults.push(
      `The certificate ${below.title} names another certificate of its issuer than ${title} that is given (authority key identifier), which clients refuse: give the one that it names.`,
    );
  }
  return faults;
}
