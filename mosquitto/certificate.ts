import { type KeyObject, X509Certificate } from "node:crypto";
import { type DerElement, derElements } from "./der.ts";

/** A certificate, with what Node's own reader of them leaves out. */
export interface Certificate {
  readonly x509: X509Certificate;
  /** How messages call it: its common name in quotes, or what else there is. */
  readonly title: string;
  /** The public key, where it is of a kind that is known. */
  readonly publicKey: KeyObject | undefined;
  readonly begins: Date;
  readonly ends: Date;
  /** Issued in its own name and signed with its own key, as a root is. */
  readonly selfSigned: boolean;
  /** What the issuer signed it with: an object identifier's content in hex, and for RSASSA-PSS the hash's. */
  readonly signature: string;
  /** How many intermediates an authority allows below itself (RFC 5280, 4.2.1.9), where it says so. */
  readonly pathLength: number | undefined;
  /** Whether its key may sign (digitalSignature; RFC 5280, 4.2.1.3). */
  readonly signs: boolean;
  /** Whether it says that its key may sign certificates (keyCertSign; RFC 5280, 4.2.1.3). */
  readonly signsCertificates: boolean;
}

/**
 * Reads the certificate in one PEM block.
 *
 * Nothing is returned for what is not exactly one DER encoding of a certificate.
 */
export function readCertificate(pem: string): Certificate | undefined {
  try {
    const x509 = new X509Certificate(pem);
    const encoded = Buffer.from(pem.replace(/^-.*$/gm, ""), "base64");
    if (!encoded.equals(x509.raw)) return undefined;
    const publicKey = knownKey(x509);
    const read = {
      x509,
      title: title(x509.subject, x509.serialNumber),
      publicKey,
      begins: new Date(x509.validFrom),
      ends: new Date(x509.validTo),
      ...furtherFields(x509.raw),
    };
    return { ...read, selfSigned: isIssuedBy({ x509 }, { x509, publicKey }) };
  } catch {
    return undefined;
  }
}

/** Whether one certificate names the other as its issuer and carries a signature of the other's key. */
export function isIssuedBy(
  subject: Pick<Certificate, "x509">,
  issuer: Pick<Certificate, "x509" | "publicKey">,
): boolean {
  if (issuer.publicKey === undefined || !namesAsIssuer(subject, issuer)) return false;
  try {
    return subject.x509.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Whether one certificate is issued in the name of the other, by whatever key. */
export function namesAsIssuer(
  subject: Pick<Certificate, "x509">,
  issuer: Pick<Certificate, "x509">,
): boolean {
  // checkIssued compares names as RFC 5280, 7.1 asks, but is also false where the key may not sign certificates.
  return subject.x509.checkIssued(issuer.x509) || subject.x509.issuer === issuer.x509.subject;
}

/** Whether two certificates are the same one. */
export function isSame(one: Certificate, other: Certificate): boolean {
  return one.x509.fingerprint256 === other.x509.fingerprint256;
}

/** How messages call a subject or an issuer, given as Node prints it, a line for each part. */
export function title(name: string | undefined, serial?: string): string {
  const parts = name?.split("\n") ?? [];
  const common = parts.find((part) => part.startsWith("CN="))?.slice("CN=".length);
  const words = common ?? parts.join(", ");
  return words === "" ? `of serial number ${serial ?? "unknown"}` : JSON.stringify(words);
}

function knownKey(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

const BASIC_CONSTRAINTS = "551d13";
const KEY_USAGE = "551d0f";
const RSASSA_PSS = "2a864886f70d01010a";
const EXPLICIT = Object.freeze({ extensions: 0xa3, hash: 0xa0 });
const INTEGER = 0x02;
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;

/** The fields that `X509Certificate` does not show; the layout is that of RFC 5280, 4.1. */
function furtherFields(
  raw: Buffer,
): Pick<Certificate, "signature" | "pathLength" | "signs" | "signsCertificates"> {
  const [body, algorithm] = inside(inside(Buffer.from(raw))[0]);
  const list = inside(body).find(({ tag }) => tag === EXPLICIT.extensions);
  const extensions = new Map<string, Buffer>();
  for (const extension of inside(inside(list)[0])) {
    const fields = inside(extension);
    extensions.set(hex(fields[0]), fields.at(-1)?.content ?? Buffer.alloc(0));
  }
  const constraints = inside(inside(extensions.get(BASIC_CONSTRAINTS))[0]);
  const usage = inside(extensions.get(KEY_USAGE))[0]?.content[1];
  const pathLength = constraints.find(({ tag }) => tag === INTEGER);
  return {
    signature: signature(algorithm),
    pathLength: pathLength === undefined ? undefined : Number(`0x${hex(pathLength)}`),
    signs: !extensions.has(KEY_USAGE) || ((usage ?? 0) & DIGITAL_SIGNATURE) !== 0,
    signsCertificates: ((usage ?? 0) & KEY_CERT_SIGN) !== 0,
  };
}

/** RSASSA-PSS keeps its hash in the parameters, and means SHA-1 without (RFC 4055, 3.1). */
function signature(algorithm: DerElement | undefined): string {
  const [identifier, parameters] = inside(algorithm);
  if (hex(identifier) !== RSASSA_PSS) return hex(identifier);
  const hash = inside(parameters).find(({ tag }) => tag === EXPLICIT.hash);
  return `${RSASSA_PSS} ${hex(inside(inside(hash)[0])[0])}`.trimEnd();
}

function inside(outer: DerElement | Buffer | undefined): DerElement[] {
  if (outer === undefined) return [];
  return derElements(Buffer.isBuffer(outer) ? outer : outer.content);
}

function hex(element: DerElement | undefined): string {
  return element?.content.toString("hex") ?? "";
}
