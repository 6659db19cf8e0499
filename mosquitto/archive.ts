import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { layout } from "./layout.ts";
import type { RevisionFile } from "./revision.ts";

/** Files' times; any other value than a constant would make each archive of the same files another one. */
const EPOCH = new Date(0);

/**
 * Packs files into one tar archive, with the owner and the permissions that they are to have.
 *
 * @returns base64; the same files give the same archive
 */
export async function packFiles(files: readonly RevisionFile[]): Promise<string> {
  const archive = pack();
  const packed = buffer(archive);
  for (const { name, content, permissions } of files) {
    const owner = { uid: layout.owner, gid: layout.owner };
    archive.entry({ name, mode: Number.parseInt(permissions, 8), mtime: EPOCH, ...owner }, content);
  }
  archive.finalize();
  return (await packed).toString("base64");
}
