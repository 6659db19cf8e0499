import { sign, X509Certificate } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  Certificate,
  CertificateList,
  CRLNumber,
  Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_cRLNumber,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  RevokedCertificate,
  SubjectKeyIdentifier,
  TBSCertList,
  Time,
  Version,
} from "@peculiar/asn1-x509";

export interface RevocationListInput {
  /** The certificate of the authority that issued what is revoked, PEM. Its key is RSA. */
  readonly authority: string;
  /** The authority's private key, PEM. */
  readonly key: string;
  /** Serial numbers as Node and OpenSSL write them, hexadecimal. */
  readonly serials: readonly string[];
  /** When the list became this one, ISO 8601; a broker takes a later list over, and passes over an earlier one. */
  readonly issued: string;
}

/** sha256WithRSAEncryption (RFC 4055, 5), whose signatures are the same each time, as a rendered file's have to be. */
const SIGNATURE = Object.freeze({ algorithm: "1.2.840.113549.1.1.11", digest: "sha256" });

/**
 * Renders a certificate revocation list (RFC 5280, 5), PEM; the same input gives the same text.
 *
 * It is valid as long as its authority: a list that ends would have every client refused one day.
 */
export function renderRevocationList({ authority, key, serials, issued }: RevocationListInput): string {
  const certificate = AsnConvert.parse(new X509Certificate(authority).raw, Certificate).tbsCertificate;
  const algorithm = new AlgorithmIdentifier({ algorithm: SIGNATURE.algorithm, parameters: null });
  const thisUpdate = new Date(issued);
  const list = new TBSCertList({
    version: Version.v2,
    signature: algorithm,
    issuer: certificate.subject,
    thisUpdate: new Time(thisUpdate),
    nextUpdate: certificate.validity.notAfter,
    ...(serials.length > 0 ? { revokedCertificates: entries(serials, thisUpdate) } : {}),
    crlExtensions: extensions(certificate, thisUpdate),
  });
  const signed = Buffer.from(AsnConvert.serialize(list));
  const signatureValue = new Uint8Array(sign(SIGNATURE.digest, signed, key)).buffer;
  const whole = new CertificateList({
    tbsCertList: list,
    signatureAlgorithm: algorithm,
    signature: signatureValue,
  });
  return toPem(Buffer.from(AsnConvert.serialize(whole)));
}

function entries(serials: readonly string[], revoked: Date): RevokedCertificate[] {
  const sorted = [...new Set(serials.map((serial) => serial.toUpperCase()))].sort();
  return sorted.map(
    (serial) =>
      new RevokedCertificate({ userCertificate: integer(serial), revocationDate: new Time(revoked) }),
  );
}

/** The list's number grows with its time (RFC 5280, 5.2.3). */
function extensions(authority: Certificate["tbsCertificate"], issued: Date): Extension[] {
  const own = authority.extensions?.find(({ extnID }) => extnID === id_ce_subjectKeyIdentifier);
  if (own === undefined) throw new Error("the authority's certificate has no subject key identifier");
  const identifier = AsnConvert.parse(own.extnValue.buffer, SubjectKeyIdentifier);
  const keyIdentifier = new KeyIdentifier(identifier.buffer);
  return [
    extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier })),
    extension(id_ce_cRLNumber, new CRLNumber(issued.getTime())),
  ];
}

function extension(extnID: string, value: unknown): Extension {
  return new Extension({ extnID, critical: false, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** A serial number is a positive integer (RFC 5280, 4.1.2.2): a first byte with its highest bit set gets a zero before it. */
function integer(serial: string): ArrayBuffer {
  const bytes = Buffer.from(serial.padStart(serial.length + (serial.length % 2), "0"), "hex");
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return new Uint8Array(padded).buffer;
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join("\n")}\n-----END X509 CRL-----\n`;
}
