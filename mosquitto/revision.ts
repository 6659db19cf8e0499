import { createHash } from "node:crypto";
import { revisionFileNames } from "./layout.ts";

/** The text of each file that a broker runs on. */
export type RevisionFiles = Readonly<Record<keyof typeof revisionFileNames, string>>;

/** One state of all files together, which is delivered and taken over as a whole. */
export interface Revision {
  /** The first 16 hex digits of the SHA-256 over all names and contents. */
  readonly id: string;
  readonly files: readonly RevisionFile[];
}

export interface RevisionFile {
  readonly name: string;
  readonly content: string;
  /** Octal, as chmod takes it. */
  readonly permissions: "0600" | "0644";
}

/** Files that anybody may read; every other one is for the broker alone. */
const PUBLIC: ReadonlySet<string> = new Set(["configuration", "authority", "certificate"]);

/** Puts files together as a revision whose id changes with any byte of them. */
export function createRevision(files: RevisionFiles): Revision {
  const list = (Object.keys(revisionFileNames) as (keyof RevisionFiles)[]).map((key) => ({
    name: revisionFileNames[key],
    content: files[key],
    permissions: PUBLIC.has(key) ? ("0644" as const) : ("0600" as const),
  }));
  return { id: digest(list.flatMap(({ name, content }) => [name, content])), files: list };
}

/** The first 16 hex digits of a SHA-256 over texts, each with its length before it. */
export function digest(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest("hex").slice(0, 16);
}
