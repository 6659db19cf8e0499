import { type Certificate, isSame, readCertificate } from "./certificate.ts";
import { isPem, type PemBlock, readPem } from "./pem.ts";
import { isPrivateKey } from "./private-key.ts";

/** The certificates of one PEM text. */
export interface CertificateBundle {
  /** Each one once, in the order given. */
  readonly certificates: readonly Certificate[];
  /** Whether there are certificates and none is unreadable, so that what they are to each other can be judged. */
  readonly whole: boolean;
  readonly faults: readonly string[];
}

/** What a text of certificates is for. */
export type BundleName = "chain" | "authority";

const ALLOWED = "allowed are CERTIFICATE blocks with white space between them";

/** Reads a text of certificates, and names every mistake. */
export function readBundle(name: BundleName, text: string): CertificateBundle {
  if (!isPem(text)) return { certificates: [], whole: false, faults: [missing(name)] };
  const { blocks, mistakes } = readPem(text);
  const faults = mistakes.map((mistake) => `The ${name} holds ${mistake}; ${ALLOWED}: remove or mend it.`);
  const certificates: Certificate[] = [];
  let unreadable = mistakes.length;
  for (const [index, block] of blocks.entries()) {
    const subject = `The ${name} holds, as block ${index + 1},`;
    if (block.label !== "CERTIFICATE") {
      faults.push(`${subject} ${foreign(block)}`);
      continue;
    }
    const certificate = readCertificate(block.pem);
    if (certificate === undefined) {
      unreadable += 1;
      faults.push(`${subject} a certificate that is damaged; ${ALLOWED}: give it as it was issued.`);
    } else if (certificates.some((earlier) => isSame(earlier, certificate))) {
      faults.push(`${subject} the certificate ${certificate.title} again; allowed is each once: remove it.`);
    } else {
      certificates.push(certificate);
    }
  }
  return { certificates, whole: unreadable === 0 && certificates.length > 0, faults };
}

const CONTENT = Object.freeze({
  chain: "the server's certificate and then its intermediates",
  authority: "the CA certificates that clients trust",
});

function missing(name: BundleName): string {
  return `The ${name} is missing, its text holds no certificate; ${ALLOWED}: give ${CONTENT[name]} as PEM text, which \`openssl x509 -inform der -in FILE\` makes of one in DER form.`;
}

function foreign(block: PemBlock): string {
  return isPrivateKey(block)
    ? `a private key, in a text that is handed to clients; ${ALLOWED}: remove it, and give it as the key only.`
    : `a block named ${block.label}; ${ALLOWED}: remove it, or give a certificate in its place.`;
}
