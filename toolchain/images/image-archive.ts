import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { dockerCommand } from "../docker.ts";
import { UserError } from "../user-error.ts";

/** An image of one layer. Its id depends on nothing else than this, however often and wherever it is made. */
export interface ImageArchive {
  /** The layer as a tar archive, which is moved away. */
  readonly layer: string;
  /** As Docker names it: amd64, arm64, … */
  readonly architecture: string;
  /** In milliseconds since 1970. */
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
  /** How the image came about, for `docker history`. */
  readonly history: string;
}

export interface LoadedImage {
  readonly id: string;
  /** SHA-256 of the layer in hexadecimal digits. */
  readonly layer: string;
}

/**
 * Loads an image into the engine, without a tag, and gives its id.
 *
 * `docker import` would put the time of the import into the image, and so into its id. The archive is in the
 * format of `docker save` since 1.10, and in the OCI's layout too, which newer engines take before the other.
 *
 * @param folder an empty folder of the caller's, which removes it
 */
export async function loadImage(image: ImageArchive, folder: string): Promise<LoadedImage> {
  const blobs = join(folder, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  const layer = { digest: await digestFile(image.layer), size: (await stat(image.layer)).size };
  await rename(image.layer, join(blobs, layer.digest));
  const config = await writeBlob(blobs, imageConfig(image, layer.digest));
  const manifest = await writeBlob(blobs, {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const files = {
    "oci-layout": { imageLayoutVersion: "1.0.0" },
    "index.json": {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [descriptor("application/vnd.oci.image.manifest.v1+json", manifest)],
    },
    "manifest.json": [{ Config: blobPath(config.digest), RepoTags: null, Layers: [blobPath(layer.digest)] }],
  };
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(value));
  }
  return { id: await load(folder), layer: layer.digest };
}

async function load(folder: string): Promise<string> {
  const told = await pipeToDocker(["--create", "--directory", folder, "."], ["load"]);
  const id = /sha256:[0-9a-f]{64}/.exec(told)?.[0];
  if (id !== undefined) return id;
  throw new UserError(`\`docker load\` told no image id: ${told}`);
}

/**
 * Gives tar's output to the docker CLI, and returns what that prints.
 *
 * @throws UserError with docker's own words
 */
export async function pipeToDocker(tar: readonly string[], docker: readonly string[]): Promise<string> {
  const packing = execa("tar", tar, { buffer: { stdout: false }, reject: false });
  const taken = await packing.pipe("docker", docker, { reject: false });
  if (taken.exitCode !== 0) throw new UserError(`\`docker ${docker[0]}\` failed: ${taken.stderr.trim()}`);
  const packed = await packing;
  if (packed.exitCode !== 0) throw new UserError(`tar failed: ${packed.stderr.trim()}`);
  return taken.stdout.trim();
}

/** The image's configuration, whose SHA-256 is its id. Pure. */
export function imageConfig(image: ImageArchive, layer: string): object {
  const created = new Date(image.created).toISOString();
  return {
    architecture: image.architecture,
    os: "linux",
    created,
    config: { Labels: image.labels },
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
    history: [{ created, comment: image.history }],
  };
}

interface Blob {
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
  readonly size: number;
}

async function writeBlob(folder: string, value: object): Promise<Blob> {
  const text = JSON.stringify(value);
  const digest = createHash("sha256").update(text).digest("hex");
  await writeFile(join(folder, digest), text);
  return { digest, size: Buffer.byteLength(text) };
}

function descriptor(mediaType: string, { digest, size }: Blob): object {
  return { mediaType, digest: `sha256:${digest}`, size };
}

function blobPath(digest: string): string {
  return `blobs/sha256/${digest}`;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** Gives an image a name; one that had it before loses it. */
export async function tagImage(id: string, reference: string): Promise<void> {
  const tagged = await dockerCommand(["tag", id, reference]);
  if (tagged.exitCode !== 0) throw new UserError(`\`docker tag\` failed: ${tagged.stderr.trim()}`);
}
