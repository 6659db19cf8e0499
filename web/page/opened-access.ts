import type { AccountAccess } from "./account-access.ts";
import { accessFileName, SEALING } from "./sealing.ts";

/** The name of the file that holds what an account may do, which only who has its password can tell. */
export async function accessFileOf(account: string, password: string): Promise<string> {
  const material = await crypto.subtle.importKey("raw", utf8(password), "HKDF", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits(
    hkdf(SEALING.namePurpose(account)),
    material,
    SEALING.nameBytes * 8,
  );
  return accessFileName(new Uint8Array(bits));
}

/**
 * Opens what `sealAccess` has sealed.
 *
 * @param file the file's text
 * @throws Error if it is another account's, of another password, damaged, or of a version unknown here
 */
export async function openAccess(file: string, account: string, password: string): Promise<AccountAccess> {
  const { version, nonce, sealed } = JSON.parse(file);
  if (version !== SEALING.version) throw new Error("the file has a version that is unknown here");
  const material = await crypto.subtle.importKey("raw", utf8(password), "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    hkdf(SEALING.keyPurpose(account)),
    material,
    { name: "AES-GCM", length: SEALING.keyBytes * 8 },
    false,
    ["decrypt"],
  );
  const algorithm = { name: "AES-GCM", iv: base64(nonce), additionalData: utf8(account) };
  const content = await crypto.subtle.decrypt(algorithm, key, base64(sealed));
  return JSON.parse(new TextDecoder().decode(content));
}

function hkdf(purpose: string) {
  return { name: "HKDF", hash: "SHA-256", salt: utf8(SEALING.salt), info: utf8(purpose) };
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
