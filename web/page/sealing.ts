/** What both sides of a sealed file have to agree on; the sealing side is `web/sealed-access.ts`. */
export const SEALING = Object.freeze({
  version: 1,
  salt: "naboom-mqtt console",
  keyBytes: 32,
  nonceBytes: 12,
  nameBytes: 32,
  keyPurpose: (account: string) => `access key:${account}`,
  noncePurpose: (account: string, digest: string) => `access nonce:${digest}:${account}`,
  /** The name too is derived from the password: who does not know it learns not even whether there is such an account. */
  namePurpose: (account: string) => `access name:${account}`,
});

/** The name of an account's file, from the bytes that are derived for it. */
export function accessFileName(derived: Uint8Array): string {
  const digits = Array.from(derived, (byte) => byte.toString(16).padStart(2, "0"));
  return `${digits.join("")}.json`;
}
