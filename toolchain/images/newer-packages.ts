import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { requireCache } from "../cache.ts";
import { replaceFile } from "../replaced-file.ts";
import { findDebianArchive, newestVersions, openDebianIndex } from "./debian-packages.ts";
import { WORK_FOLDER } from "./leftovers.ts";

/** A package whose version in the release is not the image's. */
export interface PackageChange {
  readonly name: string;
  /** The image's version; undefined for a package that it lacks. */
  readonly from: string | undefined;
  /** The other version; undefined for a package that is gone. */
  readonly to: string | undefined;
}

/** Hours for which an answer, or a question that nobody answered, is remembered. */
const REMEMBERED = 24;

const memory = z.object({ asked: z.number(), versions: z.record(z.string(), z.string()) });

export interface VersionQuestion {
  /** The Debian release, as in "forky". */
  readonly suite: string;
  /** The packages, whose names are asked for only where no answer is remembered. */
  readonly names: () => Promise<readonly string[]>;
  /** The folder where the answer is remembered. */
  readonly cache: string;
  /** Ends the question. */
  readonly signal: AbortSignal;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/**
 * The versions that a Debian release has of packages by name, asked of the mirror at most once a day.
 *
 * Never fails: without apt, a mirror or an answer before the signal, none are known until the next day.
 */
export async function releaseVersions(question: VersionQuestion): Promise<ReadonlyMap<string, string>> {
  const { suite, cache, now } = question;
  const file = join(cache, `package-versions-${suite}.json`);
  const known = await recall(file);
  const fresh = known !== undefined && Math.abs(now - known.asked) < REMEMBERED * 3_600_000;
  if (fresh) return new Map(Object.entries(known.versions));
  try {
    const names = await question.names();
    if (names.length === 0) return new Map();
    await requireCache(cache);
    // Beforehand, so that a mirror which is silent is not waited for again.
    await replaceFile(file, JSON.stringify({ asked: now, versions: {} }));
    const versions = await ask(question, names);
    await replaceFile(file, JSON.stringify({ asked: now, versions: Object.fromEntries(versions) }));
    return versions;
  } catch {
    return new Map();
  }
}

async function recall(file: string): Promise<z.infer<typeof memory> | undefined> {
  try {
    return memory.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

async function ask(
  { suite, cache, signal }: VersionQuestion,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const archive = await findDebianArchive();
  const folder = await mkdtemp(join(cache, `${WORK_FOLDER}${process.pid}-`));
  try {
    const index = await openDebianIndex({
      archive,
      suite,
      folder,
      note: () => {},
      sources: false,
      signal,
    });
    return await newestVersions(index, names);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The packages of an image that the release has a newer version of. */
export async function newerPackages(
  packages: ReadonlyMap<string, string>,
  release: ReadonlyMap<string, string>,
): Promise<readonly PackageChange[]> {
  const other = [...packages].flatMap(([name, from]) => {
    const to = release.get(name);
    return to === undefined || to === from ? [] : [{ name, from, to }];
  });
  const newer = await Promise.all(other.map(({ from, to }) => isNewer(to, from)));
  return other.filter((_, place) => newer[place]);
}

/** Whether a Debian version is newer, a rebuild of the same source aside where the other names no rebuild. */
async function isNewer(version: string, than: string): Promise<boolean> {
  const given = /\+b\d+$/.test(than) ? version : version.replace(/\+b\d+$/, "");
  const args = ["--compare-versions", given, "gt", than];
  return (await execa("dpkg", args, { reject: false })).exitCode === 0;
}

/** What differs between the packages of two images. Pure. */
export function packageChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly PackageChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((name) => ({ name, from: before.get(name), to: after.get(name) }))
    .filter(({ from, to }) => from !== to);
}

/** For people, as in `libssl3t64 3.6.5-1 → 3.6.6-1`. Pure. */
export function describeChange({ name, from, to }: PackageChange): string {
  if (from === undefined) return `${name} ${to} (new)`;
  return to === undefined ? `${name} ${from} (gone)` : `${name} ${from} → ${to}`;
}
