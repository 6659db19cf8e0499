import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { arch, platform } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { isFileError } from "./file-error.ts";
import { UserError } from "./user-error.ts";
import type { PluginName } from "./versions.ts";

/** Where Pulumi publishes: archives on its own site, the lists of their checksums with the sources. */
export interface Sites {
  readonly downloads: string;
  readonly sources: string;
}

export const OFFICIAL_SITES: Sites = Object.freeze({
  downloads: "https://get.pulumi.com/releases",
  sources: "https://github.com/pulumi",
});

/** An archive and the file that lists its checksum. */
export interface Release {
  readonly archive: string;
  readonly checksums: string;
}

/** How long a site may take to answer, and how long a download may stand still, in milliseconds. */
export interface Patience {
  readonly answer: number;
  readonly standstill: number;
}

const PATIENCE: Patience = Object.freeze({ answer: 3000, standstill: 15_000 });

/** Why a release was not taken, as the end of a sentence: `get.pulumi.com did not answer within 3 s`. */
export class Unavailable extends Error {}

/** @returns the reason if the work ended for lack of a release; other errors stay errors */
export async function unavailability(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  }
}

/** The release of the CLI, which brings its language hosts along; none for Windows, where it is a zip. */
export function commandLineRelease(version: string, sites: Sites): Release | undefined {
  const system = systemName({ x64: "x64", arm64: "arm64" });
  if (system === undefined) return undefined;
  return {
    archive: `${sites.downloads}/sdk/pulumi-v${version}-${system}.tar.gz`,
    checksums: `${sites.sources}/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`,
  };
}

export function pluginRelease(name: PluginName, version: string, sites: Sites): Release | undefined {
  const system = systemName({ x64: "amd64", arm64: "arm64" });
  if (system === undefined) return undefined;
  const published = `${sites.sources}/pulumi-${name}/releases/download/v${version}`;
  return {
    archive: `${sites.downloads}/plugins/pulumi-resource-${name}-v${version}-${system}.tar.gz`,
    checksums: `${published}/pulumi-${name}_${version}_checksums.txt`,
  };
}

/**
 * Downloads a release, verifies its checksum, and only then unpacks it into the folder.
 *
 * @param note is told how much has arrived.
 * @throws Unavailable if a site does not answer, or does not have it.
 * @throws UserError if the archive is not the published one, or can't be unpacked.
 * @throws an error with a file's code, such as ENOSPC, if it can't be written into the folder.
 */
export async function takeRelease(
  release: Release,
  folder: string,
  note: (text: string) => void,
  patience: Patience = PATIENCE,
): Promise<void> {
  const file = join(folder, basename(release.archive));
  const archive = await ask(release.archive, patience);
  const list = await ask(release.checksums, patience).catch(async (error: unknown) => {
    await archive.close();
    throw error;
  });
  const published = findChecksum(await list.text(), basename(file));
  if (!published) {
    await archive.close();
    throw new Unavailable(`${hostOf(release.checksums)} lists no checksum of ${basename(file)}`);
  }
  const actual = await archive.save(file, published.algorithm, note);
  if (actual !== published.digest) {
    await rm(file);
    throw new UserError(
      `${release.archive} has the checksum ${actual}, but ${published.digest} is published in ${release.checksums}: ` +
        "it was not used; ask who runs your network, or install Pulumi by hand (https://www.pulumi.com/docs/install).",
    );
  }
  await unpack(file, folder);
  await rm(file);
}

async function unpack(file: string, folder: string): Promise<void> {
  // Its own words are read, so they have to be the C locale's.
  const env = { LC_ALL: "C" };
  const { failed, stderr, shortMessage } = await execa("tar", ["-xzf", file, "-C", folder], {
    env,
    reject: false,
  });
  if (!failed) return;
  const [, reason] = Object.entries(TAR_REASONS).find(([words]) => stderr?.includes(words)) ?? [];
  if (reason) throw Object.assign(new Error(`${reason}: tar can't unpack ${file}`), { code: reason });
  throw new UserError(
    `tar can't unpack ${basename(file)}, which is the published one (${stderr?.trim().split("\n")[0] || shortMessage}): ` +
      "check that tar and gzip work, or install Pulumi by hand (https://www.pulumi.com/docs/install).",
  );
}

/** What tar says of a file that it can't write, and the code that Node.js would have for it. */
const TAR_REASONS = Object.freeze({
  "No space left on device": "ENOSPC",
  "Wrote only": "ENOSPC", // what still had room of a file's last block
  "Disk quota exceeded": "EDQUOT",
  "Read-only file system": "EROFS",
});

/**
 * Finds a file's line in a list as sha256sum and shasum write it. The CLI's list has SHA-256; the plugins'
 * workflow calls shasum, whose default is SHA-1. The algorithm shows in the digest's length.
 */
export function findChecksum(
  list: string,
  file: string,
): { readonly algorithm: "sha1" | "sha256"; readonly digest: string } | undefined {
  for (const line of list.split("\n")) {
    const [, digest = "", path = ""] = /^([0-9a-f]{40}|[0-9a-f]{64})\s+[*]?(\S+)\s*$/i.exec(line) ?? [];
    if (basename(path) !== file) continue;
    return { algorithm: digest.length === 64 ? "sha256" : "sha1", digest: digest.toLowerCase() };
  }
  return undefined;
}

function systemName(processors: Readonly<Record<string, string>>): string | undefined {
  const processor = processors[arch()];
  const archived = processor !== undefined && (platform() === "linux" || platform() === "darwin");
  return archived ? `${platform()}-${processor}` : undefined;
}

interface Answer {
  text(): Promise<string>;
  save(file: string, algorithm: string, note: (text: string) => void): Promise<string>;
  close(): Promise<void>;
}

/** Asks for a file; the time limit is on the first answer, then on each pause, since archives are large. */
async function ask(url: string, patience: Patience): Promise<Answer> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), patience.answer);
  const extend = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), patience.standstill);
  };
  const guarded = async <Result>(work: Promise<Result>, limit: number): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      clearTimeout(timer);
      if (isFileError(error)) throw error; // our own disk's, so that no other way would do better
      throw new Unavailable(
        `${hostOf(url)} ${abort.signal.aborted ? `did not answer within ${limit / 1000} s` : failure(error)}`,
      );
    }
  };
  const response = await guarded(fetch(url, { signal: abort.signal }), patience.answer);
  if (!response.ok || !response.body) {
    clearTimeout(timer);
    await response.body?.cancel();
    throw new Unavailable(`${hostOf(url)} answered ${response.status} for ${basename(url)}`);
  }
  extend();
  return {
    text: () => guarded(response.text(), patience.standstill).finally(() => clearTimeout(timer)),
    save: (file, algorithm, note) =>
      guarded(save(response, file, algorithm, extend, note), patience.standstill).finally(() =>
        clearTimeout(timer),
      ),
    close: async () => {
      clearTimeout(timer);
      await response.body?.cancel();
    },
  };
}

async function save(
  response: Response,
  file: string,
  algorithm: string,
  arrived: () => void,
  note: (text: string) => void,
): Promise<string> {
  const hash = createHash(algorithm);
  const total = megabytes(Number(response.headers.get("content-length") ?? 0));
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      arrived();
      hash.update(chunk);
      bytes += chunk.length;
      note(`${megabytes(bytes)} of ${total} MB`);
      yield chunk;
    }
  };
  // The two declarations of the web's stream, Node's and the DOM's, don't know each other.
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(body, counted, createWriteStream(file));
  return hash.digest("hex");
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}

function failure(error: unknown): string {
  const cause = (error as { cause?: { code?: string } }).cause;
  return `could not be reached (${cause?.code ?? (error instanceof Error ? error.message : String(error))})`;
}

function hostOf(url: string): string {
  return new URL(url).host;
}
