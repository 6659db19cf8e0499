import { hkdfSync, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

/** The password line's fixed terms: `$7$` is PBKDF2-HMAC-SHA512 with a 64-byte key (mosquitto_passwd(1)). */
const SCHEME = Object.freeze({ tag: "7", digest: "sha512", keyBytes: 64, saltBytes: 12 });

/** Letters and digits of a seed: 43 of 62 kinds hold 256 bits. */
const SEED_LETTERS = 43;

/** Letters and digits only: no password needs quoting in a shell, a URL or an environment file. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The largest multiple of the alphabet's size in a byte; bytes from there on are passed over, to stay uniform. */
const UNBIASED = 256 - (256 % ALPHABET.length);

/** A user's password and the salt that it is stored with. */
export interface Credential {
  readonly password: string;
  /** 12 bytes in base64; the one length that every version of Mosquitto takes. */
  readonly salt: string;
}

export interface CredentialInput {
  /** A random text of at least 43 letters and digits, 256 bits, from the stack's state. */
  readonly seed: string;
  readonly user: string;
  /** Characters of the password. */
  readonly length: number;
}

/**
 * Derives a user's credential from a random seed with HKDF-SHA512 (RFC 5869): the same seed and name
 * give the same credential at every run, and no user's credential tells anything of another's.
 */
export function deriveCredential({ seed, user, length }: CredentialInput): Credential {
  const key = Buffer.from(seed, "utf8");
  if (key.length < SEED_LETTERS)
    throw new RangeError(`a seed has at least ${SEED_LETTERS} letters, this one has ${key.length}`);
  const stream = expand(key, `password:${length}:${user}`, length * 4);
  const letters = Array.from(stream).filter((byte) => byte < UNBIASED);
  // With four bytes a letter the odds of running short are beyond 2^-100; a short password must still never pass.
  if (letters.length < length) throw new Error("the derived bytes are too few for a password");
  const password = letters
    .slice(0, length)
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");
  return { password, salt: expand(key, `salt:${user}`, SCHEME.saltBytes).toString("base64") };
}

/**
 * Computes one line of the password file, `user:$7$<iterations>$<salt>$<key>`, as mosquitto_passwd would.
 */
export async function passwordLine(
  user: string,
  credential: Credential,
  iterations: number,
): Promise<string> {
  const { password, salt } = credential;
  const key = await promisify(pbkdf2)(
    password,
    Buffer.from(salt, "base64"),
    iterations,
    SCHEME.keyBytes,
    SCHEME.digest,
  );
  return `${user}:$${SCHEME.tag}$${iterations}$${salt}$${key.toString("base64")}`;
}

function expand(key: Buffer, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha512", key, "naboom-mqtt", purpose, bytes));
}
