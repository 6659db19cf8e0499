import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { layout } from "./layout.ts";
import type { RevisionFile } from "./revision.ts";

/** Files' times; any other value than a constant would make each archive of the same files another one. */
const EPOCH = new Date(0);

/** Bytes of a block of a tar archive: a link takes as much, and saves nothing of a shorter file. */
const BLOCK = 512;

/**
 * The same as {@link packFiles}, compressed: Pulumi keeps what it uploads in its state, and compares it at each update.
 *
 * @returns base64 of gzip (RFC 1952); the same files give the same text as long as the zlib of Node.js is the same
 */
export async function packCompressed(files: readonly RevisionFile[]): Promise<string> {
  return gzipSync(Buffer.from(await packFiles(files), "base64")).toString("base64");
}

/**
 * Packs files into one tar archive, with the owner and the permissions that they are to have. A file that is like an
 * earlier one is a hard link to it: password files of listeners that all users may use are the same, and Pulumi's
 * state has the archive in it.
 *
 * @returns base64; the same files give the same archive
 */
export async function packFiles(files: readonly RevisionFile[]): Promise<string> {
  const archive = pack();
  const packed = buffer(archive);
  const names = new Map<string, string>();
  for (const { name, content, permissions } of files) {
    const owner = { uid: layout.owner, gid: layout.owner };
    const header = { name, mode: Number.parseInt(permissions, 8), mtime: EPOCH, ...owner };
    const earlier = content.length > BLOCK ? names.get(`${permissions} ${content}`) : undefined;
    if (earlier === undefined) archive.entry(header, content);
    else archive.entry({ ...header, type: "link", linkname: earlier });
    names.set(`${permissions} ${content}`, earlier ?? name);
  }
  archive.finalize();
  return (await packed).toString("base64");
}
