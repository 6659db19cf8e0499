import { createHash } from "node:crypto";
import { z } from "zod";
import type { KitFile } from "./kit.ts";

/** The file by which a kit is known again. */
export const markerFile = ".naboom-mqtt-kit.json";

const marker = z.strictObject({
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

/** A kit's own files, by name: the SHA-256 of each as it was written, in hexadecimal digits. */
export type KitClaims = Readonly<Record<string, string>>;

/**
 * Renders the file that says which files are a kit's, so that a folder's others are never taken for it.
 *
 * There is no secret in it: a password has 64 random letters and digits, so that a file's digest is no way to it.
 */
export function renderMarker(files: readonly KitFile[]): KitFile {
  const claims: KitClaims = Object.fromEntries(files.map(({ name, content }) => [name, digestOf(content)]));
  return {
    name: markerFile,
    purpose: "which files are the kit's: --force replaces no others",
    content: `${JSON.stringify({ files: claims }, undefined, 2)}\n`,
  };
}

/** Reads what a marker claims, or nothing where a text is none. */
export function readMarker(text: string): KitClaims | undefined {
  try {
    return marker.parse(JSON.parse(text)).files;
  } catch {
    return undefined;
  }
}

/** The SHA-256 of a file's content, as a marker has it. */
export function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
