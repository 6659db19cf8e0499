/** What both sides of a sealed file have to agree on; the sealing side is `web/sealed-access.ts`. */
export const SEALING = Object.freeze({
  version: 1,
  salt: "naboom-mqtt console",
  keyBytes: 32,
  nonceBytes: 12,
  keyPurpose: (account: string) => `access key:${account}`,
  noncePurpose: (account: string, digest: string) => `access nonce:${digest}:${account}`,
});

/** The name of an account's file. */
export function accessFileName(accountDigest: Uint8Array): string {
  const digits = Array.from(accountDigest, (byte) => byte.toString(16).padStart(2, "0"));
  return `${digits.join("")}.json`;
}
