import { createHash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianPackage, DebianTree } from "./debian-packages.ts";
import type { CompiledSource } from "./source-build.ts";

/** A program, module or library of an image. */
export interface ListedFile {
  /** Absolute path in the image. */
  readonly path: string;
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
  /** Name of the package that it came in; undefined for what was compiled. */
  readonly package: string | undefined;
}

/** What an image consists of. */
export interface ImageContents {
  /** Sorted by path. */
  readonly files: readonly ListedFile[];
  /** The packages that files came from, by name. */
  readonly packages: ReadonlyMap<string, DebianPackage>;
  /** The version of each package that files came from, and of what was compiled, by name. */
  readonly versions: ReadonlyMap<string, string>;
  /** When the newest of it was made, in milliseconds since 1970. */
  readonly date: number;
  readonly compiled: CompiledSource | undefined;
  /** The compiler's package and version, as in `gcc-16=16.2.0-3`; empty if nothing was compiled. */
  readonly compiler: string;
}

/**
 * Lists what was laid into an image's root folder, and where it came from.
 *
 * @param laid see `layRoot`
 */
export async function listContents({
  laid,
  tree,
  root,
  compiled,
}: {
  readonly laid: ReadonlyMap<string, string>;
  readonly tree: DebianTree;
  readonly root: string;
  readonly compiled: CompiledSource | undefined;
}): Promise<ImageContents> {
  const files: ListedFile[] = [];
  const packages = new Map<string, DebianPackage>();
  let date = compiled?.date ?? 0;
  for (const [path, origin] of [...laid].sort()) {
    const digest = createHash("sha256")
      .update(await readFile(join(root, path)))
      .digest("hex");
    const owner = tree.packages.get(tree.owners.get(origin) ?? "");
    files.push({ path, digest, package: owner?.name });
    if (owner === undefined) continue;
    packages.set(owner.name, owner);
    // A package's files are as old as its last change, which is the same wherever it is unpacked.
    date = Math.max(date, (await lstat(join(tree.folder, origin))).mtimeMs);
  }
  const versions = new Map([...packages.values()].map(({ name, version }) => [name, version]));
  if (compiled !== undefined) versions.set(compiled.package, compiled.version);
  const compiler = [...tree.packages.values()].find(({ name }) => /^gcc-\d+$/.test(name));
  return {
    files,
    packages,
    versions,
    date,
    compiled,
    compiler: compiled && compiler ? `${compiler.name}=${compiler.version}` : "",
  };
}
