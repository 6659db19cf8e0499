import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { isPem, type PemBlock, readPem } from "./pem.ts";

/** A private key's text, read; messages never hold any of it. */
export interface PrivateKey {
  /** The key, where there is exactly one that can be read. */
  readonly key: KeyObject | undefined;
  readonly faults: readonly string[];
}

/** What a block is called that holds a private key without a passphrase. */
const PLAIN: ReadonlySet<string> = new Set(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]);
/** What OpenSSL writes before a key that it makes on a named curve, and skips when it reads one. */
const PARAMETERS = "EC PARAMETERS";
const ALLOWED = `allowed is one ${[...PLAIN].join(", ").replace(/, (?=[^,]*$)/, " or ")} block`;
const DAMAGED = `The key can't be read, its block's content being damaged or of an unknown kind; ${ALLOWED}: give it as it was made, and try it with \`openssl pkey -in KEY -noout -check\`.`;
const MISSING = `The key is missing, its text holds no private key; ${ALLOWED}: give the PEM text of the key, which \`openssl pkey -inform der -in KEY\` makes of one in DER form.`;

/** Whether a block, by its label, holds a private key of whatever kind. */
export function isPrivateKey({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}

/** Reads the server's private key from a PEM text, and names every mistake. */
export function readPrivateKey(text: string): PrivateKey {
  if (!isPem(text)) return { key: undefined, faults: [MISSING] };
  const { blocks, mistakes } = readPem(text);
  const faults = mistakes.map((mistake) => `The key holds ${mistake}; ${ALLOWED}: remove or mend it.`);
  const keys = blocks.filter((block) => isPrivateKey(block));
  const others = blocks.filter((block) => !isPrivateKey(block) && block.label !== PARAMETERS);
  if (others.some(({ label }) => label === "CERTIFICATE")) {
    faults.push(`The key holds a certificate; ${ALLOWED}: move the certificate to the chain.`);
  }
  if (others.some(({ label }) => label !== "CERTIFICATE")) {
    faults.push(`The key holds a block of another kind; ${ALLOWED}: remove it.`);
  }
  if (keys.length === 0 && mistakes.length === 0) {
    faults.push(MISSING);
  }
  if (keys.length > 1) {
    faults.push(
      `The key holds ${keys.length} private keys; ${ALLOWED}: keep the one of the server's certificate.`,
    );
  }
  const [only] = keys;
  if (only === undefined || keys.length > 1) return { key: undefined, faults };
  const read = parse(only);
  return typeof read === "string" ? { key: undefined, faults: [...faults, read] } : { key: read, faults };
}

/** The key in a block, or what is wrong with it. */
function parse(block: PemBlock): KeyObject | string {
  if (block.label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(block.pem)) {
    return `The key is encrypted with a passphrase, which a broker that starts by itself can't ask for; ${ALLOWED} without one: write it with \`openssl pkey -in KEY -out NEW-KEY\` and give that.`;
  }
  if (!PLAIN.has(block.label)) {
    return `The key is in a form that the broker can't read; ${ALLOWED}: convert it to PKCS #8 with the tool that made it.`;
  }
  try {
    const key = createPrivateKey(block.pem);
    return isSound(key) ? key : DAMAGED;
  } catch {
    return DAMAGED;
  }
}

/** Whether what a key signs verifies with its public half, which OpenSSL does not look at when it reads a key. */
function isSound(key: KeyObject): boolean {
  const hash = key.asymmetricKeyType?.startsWith("ed") ? null : "sha256";
  const probe = Buffer.from("probe");
  return verify(hash, probe, createPublicKey(key), sign(hash, probe, key));
}
