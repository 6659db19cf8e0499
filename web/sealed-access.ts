import { createCipheriv, createHash, hkdfSync } from "node:crypto";
import type { AccessRule, AccountAccess } from "./page/account-access.ts";
import { accessFileName, SEALING } from "./page/sealing.ts";

export interface SealedAccessInput extends AccountAccess {
  /** The name that a client logs in with. */
  readonly account: string;
  /** The account's password, of at least 128 random bits: HKDF makes guessing no slower. */
  readonly password: string;
}

export interface SealedAccessFile {
  /** 64 hexadecimal digits that are derived from the account's name and password, and `.json`. */
  readonly name: string;
  /** JSON with version, nonce and the ciphertext with its tag, both in base64. */
  readonly content: string;
}

/** Content is filled up with spaces to a multiple of so many bytes, as its length would tell of the rules. */
const PADDING = 1024;

/**
 * Seals what an account may do, so that only who knows its password can find the file and read it: AES-256-GCM under a key
 * derived from the password with HKDF-SHA-256 (RFC 5869), with the account's name authenticated beside it.
 *
 * The nonce is derived as well, from password and content, so that the same input gives the same file
 * and an update without a change changes nothing. That is safe: GCM breaks when one key meets two contents
 * under one nonce. The key belongs to one account and password, and under it another content has another
 * digest, so its nonce is another output of HKDF, which is as good as random; NIST SP 800-38D, 8.3 allows
 * 2^32 of such under a key, and this is one for each change of the config. All that it gives away is that
 * a file is the same as an earlier one.
 */
export function sealAccess(input: SealedAccessInput): SealedAccessFile {
  const { account, password, rules, listeners, clientId } = input;
  const content = pad(JSON.stringify({ rules: rules.map(plainRule), listeners, clientId }));
  const digest = createHash("sha256").update(content).digest("hex");
  const key = derive(password, SEALING.keyPurpose(account), SEALING.keyBytes);
  const nonce = derive(password, SEALING.noncePurpose(account, digest), SEALING.nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(account, "utf8"));
  const sealed = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return {
    name: accessFileName(derive(password, SEALING.namePurpose(account), SEALING.nameBytes)),
    content: `${JSON.stringify({ version: SEALING.version, nonce: nonce.toString("base64"), sealed: sealed.toString("base64") })}\n`,
  };
}

/** A rule without what else a caller may know of it, so that only what is shown can change the file. */
function plainRule({ access, filter, placeholders }: AccessRule): AccessRule {
  return placeholders ? { access, filter, placeholders } : { access, filter };
}

function derive(password: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", Buffer.from(password, "utf8"), SEALING.salt, purpose, bytes));
}

function pad(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([bytes, Buffer.alloc((PADDING - (bytes.length % PADDING)) % PADDING, " ")]);
}
