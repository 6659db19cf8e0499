import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIP } from "node:net";

/** What a certificate for a test is to be; with flaws, where a test wants them. */
export interface TrialCertificate {
  readonly name: string;
  readonly key?: KeyObject;
  /** Whoever issues it. @default itself */
  readonly issuer?: Issued | undefined;
  /** @default false */
  readonly authority?: boolean;
  readonly pathLength?: number;
  /** Subject alternative names: DNS names and IPv4 or IPv6 addresses. @default none */
  readonly names?: readonly string[];
  /** Object identifiers. @default no restriction */
  readonly purposes?: readonly string[];
  /** The octet of a key usage extension, such as 0x80 for digitalSignature. @default no restriction */
  readonly usage?: number;
  /** @default yesterday */
  readonly begins?: Date;
  /** @default in 90 days, and for an authority in 180 */
  readonly ends?: Date;
  /** What its issuer signs with. @default what suits the issuer's key, with SHA-256 */
  readonly signature?: keyof typeof SIGNATURES;
  /** What it calls its own key. @default nothing */
  readonly subjectKeyId?: string;
  /** What it calls its issuer's key. @default nothing */
  readonly authorityKeyId?: string;
}

/** A certificate with its key. */
export interface Issued {
  readonly name: string;
  readonly pem: string;
  readonly key: KeyObject;
  /** PKCS #8, PEM. */
  readonly keyPem: string;
}

const DAY = 86_400_000;

const RSASSA_PSS = "1.2.840.113549.1.1.10";
/** The parameters of RSASSA-PSS with SHA-256 and a salt of 32 bytes (RFC 4055, 3.1). */
const PSS_PARAMETERS = Buffer.from(
  "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
  "hex",
);

/** Signature algorithms by object identifier and hash. */
const SIGNATURES = Object.freeze({
  "ecdsa-sha1": ["1.2.840.10045.4.1", "sha1"],
  "ecdsa-sha256": ["1.2.840.10045.4.3.2", "sha256"],
  "rsa-md5": ["1.2.840.113549.1.1.4", "md5"],
  "rsa-sha1": ["1.2.840.113549.1.1.5", "sha1"],
  "rsa-sha256": ["1.2.840.113549.1.1.11", "sha256"],
  "rsa-pss-sha256": [RSASSA_PSS, "sha256"],
  ed25519: ["1.3.101.112", null],
} as const);

/** A key of ECDSA P-256. */
export function trialKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** Issues a certificate for a test, with no other tool than Node's own crypto (RFC 5280, 4.1). */
export function issue(wanted: TrialCertificate): Issued {
  const key = wanted.key ?? trialKey();
  const issuer = wanted.issuer ?? { name: wanted.name, key };
  const [identifier, hash] = SIGNATURES[wanted.signature ?? usualSignature(issuer.key)];
  const algorithm = sequence(object(identifier), parameters(identifier));
  const body = sequence(
    element(0xa0, integer(2)),
    element(0x02, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    distinguishedName(issuer.name),
    sequence(
      time(wanted.begins ?? new Date(Date.now() - DAY)),
      time(wanted.ends ?? inDays(wanted.authority === true ? 180 : 90)),
    ),
    distinguishedName(wanted.name),
    createPublicKey(key).export({ type: "spki", format: "der" }),
    element(0xa3, sequence(...extensions(wanted))),
  );
  const padding =
    identifier === RSASSA_PSS ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  const certificate = sequence(body, algorithm, bits(sign(hash, body, { key: issuer.key, ...padding })));
  const base64 = certificate.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return {
    name: wanted.name,
    key,
    keyPem: key.export({ type: "pkcs8", format: "pem" }) as string,
    pem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

/** A time so many days from now. */
export function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY);
}

function usualSignature(key: KeyObject): keyof typeof SIGNATURES {
  if (key.asymmetricKeyType === "ed25519") return "ed25519";
  return key.asymmetricKeyType === "rsa" ? "rsa-sha256" : "ecdsa-sha256";
}

function extensions({
  authority,
  pathLength,
  names,
  purposes,
  usage,
  authorityKeyId,
  subjectKeyId,
}: TrialCertificate): Buffer[] {
  const constraints = [
    ...(authority === true ? [element(0x01, Buffer.of(0xff))] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  ];
  return [
    extension("2.5.29.19", sequence(...constraints)),
    ...(names === undefined ? [] : [extension("2.5.29.17", sequence(...names.map(alternativeName)))]),
    ...(purposes === undefined ? [] : [extension("2.5.29.37", sequence(...purposes.map(object)))]),
    ...(usage === undefined ? [] : [extension("2.5.29.15", bits(Buffer.of(usage)))]),
    ...(authorityKeyId === undefined
      ? []
      : [extension("2.5.29.35", sequence(element(0x80, Buffer.from(authorityKeyId))))]),
    ...(subjectKeyId === undefined ? [] : [extension("2.5.29.14", element(0x04, Buffer.from(subjectKeyId)))]),
  ];
}

function extension(identifier: string, value: Buffer): Buffer {
  return sequence(object(identifier), element(0x04, value));
}

function alternativeName(name: string): Buffer {
  return isIP(name) === 0 ? element(0x82, Buffer.from(name, "ascii")) : element(0x87, addressOctets(name));
}

function addressOctets(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // A URL's host is in hex throughout, also where the address ends in the form of an IPv4 one.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const last = groups(tail ?? "");
  const fill = tail === undefined ? [] : Array(8 - groups(head).length - last.length).fill("0");
  return Buffer.from(
    [...groups(head), ...fill, ...last].map((group) => group.padStart(4, "0")).join(""),
    "hex",
  );
}

function distinguishedName(name: string): Buffer {
  return sequence(element(0x31, sequence(object("2.5.4.3"), element(0x0c, Buffer.from(name, "utf8")))));
}

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replace(/\D/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

/** RSA without parameters of its own has a NULL, the others have nothing (RFC 4055, 5; RFC 5758, 3.2). */
function parameters(identifier: string): Buffer {
  if (identifier === RSASSA_PSS) return PSS_PARAMETERS;
  return identifier.startsWith("1.2.840.113549") ? Buffer.of(0x05, 0x00) : Buffer.alloc(0);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.of(value));
}

function bits(content: Buffer): Buffer {
  return element(0x03, Buffer.concat([Buffer.of(0), content]));
}

function object(identifier: string): Buffer {
  const [first = 0, second = 0, ...rest] = identifier.split(".").map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const base128 = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) base128.unshift((left & 0x7f) | 0x80);
    return base128;
  });
  return element(0x06, Buffer.from(octets));
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, content]);
}
