import type { AccountAccess } from "./account-access.ts";
import { accessFileOf, openAccess } from "./opened-access.ts";

/** What the page knows of its stack before anybody has logged in. */
export interface PageConfig {
  readonly stack: string;
  /** The broker's wss URL. */
  readonly broker: string;
}

/** Reads the page's config.json. */
export async function readConfig(): Promise<PageConfig> {
  return await (await get("config.json")).json();
}

/**
 * Reads and opens what the stack says of an account.
 *
 * @throws Error with a sentence for people
 */
export async function readAccess(account: string, password: string): Promise<AccountAccess> {
  const response = await get(`access/${await accessFileOf(account, password)}`);
  const text = await response.text();
  try {
    return await openAccess(text, account, password);
  } catch {
    throw new Error("What the stack published of this account can't be opened with this password.");
  }
}

async function get(path: string): Promise<Response> {
  const request = { cache: "no-store", credentials: "omit", redirect: "error" } as const;
  const response = await fetch(path, request).catch(() => undefined);
  if (response === undefined) throw new Error("The server of this page does not answer.");
  if (response.status === 404)
    throw new Error("The stack has published no rights that this account and password open.");
  if (!response.ok) throw new Error(`The server of this page answered with ${response.status}.`);
  return response;
}
