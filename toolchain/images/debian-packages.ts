import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { aptGet } from "../apt.ts";
import { UserError } from "../user-error.ts";

/** Where packages come from, and the key that their release must be signed with. */
export interface DebianArchive {
  readonly mirror: string;
  readonly keyring: string;
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's name of the machine that it is for, or `all`. */
  readonly architecture: string;
}

export interface DebianTree {
  /** Folder that holds the packages' files, as `dpkg-deb --extract` lays them. */
  readonly folder: string;
  /** By name, sorted. */
  readonly packages: ReadonlyMap<string, DebianPackage>;
  /** The package's name by the path of each file, which begins with no slash. */
  readonly owners: ReadonlyMap<string, string>;
}

/** A source package as it was fetched: its description and its archives, nothing unpacked. */
export interface DebianSource {
  readonly name: string;
  readonly version: string;
  /** Paths of the archives. */
  readonly files: readonly string[];
}

/**
 * The Debian mirror that this machine's own apt uses, and Debian's archive keys as the system has them.
 *
 * @throws UserError where there is no apt, no Debian mirror among its sources, or no keyring
 */
export async function findDebianArchive(): Promise<DebianArchive> {
  const targets = await execa(
    "apt-get",
    ["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
    { reject: false, stdin: "ignore" },
  );
  const mirror = debianMirror(targets.stdout ?? "");
  if (mirror === undefined) throw new UserError("apt on this machine knows no Debian mirror");
  const keyrings = ["gpg", "pgp"].map((end) => `/usr/share/keyrings/debian-archive-keyring.${end}`);
  for (const keyring of keyrings) {
    const there = await access(keyring).then(
      () => true,
      () => false,
    );
    if (there) return { mirror, keyring };
  }
  throw new UserError("Debian's keys are missing here (install the package debian-archive-keyring)");
}

const RELEASES =
  /^(bullseye|bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)(-updates|-backports)?$/;

/** The first mirror of Debian's main archive among lines of `URI RELEASE COMPONENT`. Pure. */
export function debianMirror(targets: string): string | undefined {
  for (const line of targets.split("\n")) {
    const [uri, release, component] = line.trim().split(" ");
    if (uri && release && component === "main" && RELEASES.test(release)) return uri.replace(/\/+$/, "");
  }
  return undefined;
}

/** An apt of its own: sources, state and cache lie in one folder, and this machine's stay as they are. */
export interface DebianIndex {
  readonly folder: string;
  /** As in "forky". */
  readonly suite: string;
  readonly note: (text: string) => void;
}

/**
 * Fetches the package lists of another release than this machine's.
 *
 * Nothing is installed, and root is not needed. apt verifies the release's signature against Debian's keys,
 * and whatever is fetched later by its SHA-256 in that release.
 *
 * @param request.folder an empty folder of the caller's, which removes it
 * @param request.sources whether the lists of source packages are needed too
 * @param request.signal ends the fetching
 */
export async function openDebianIndex(
  request: DebianIndex & {
    readonly archive: DebianArchive;
    readonly sources: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<DebianIndex> {
  const { folder, suite, note, signal } = request;
  await writeConfiguration(request);
  await aptGet([...aptOptions(folder), "update"], note, { signal });
  return { folder, suite, note };
}

/** Fetches packages with all they depend on, and unpacks them. */
export async function unpackDebianPackages(
  { folder, note }: DebianIndex,
  packages: readonly string[],
): Promise<DebianTree> {
  const install = ["install", "--download-only", "-y", "--no-install-recommends"];
  await aptGet([...aptOptions(folder), ...install, ...packages], note);
  const archives = join(folder, "cache/archives");
  const files = (await readdir(archives)).filter((name) => name.endsWith(".deb")).sort();
  const tree = join(folder, "tree");
  await mkdir(tree);
  const found = new Map<string, DebianPackage>();
  const owners = new Map<string, string>();
  for (const file of files) {
    note(`unpacking ${file}`);
    const listed = await execa("dpkg-deb", ["--vextract", join(archives, file), tree]);
    const unpacked = readPackageName(file);
    found.set(unpacked.name, unpacked);
    for (const path of listed.stdout.split("\n")) owners.set(path.replace(/^\.\//, ""), unpacked.name);
  }
  return { folder: tree, packages: found, owners };
}

/**
 * Fetches a source package's description and archives, which apt verifies by their SHA-256 in the signed
 * release. Nothing is unpacked.
 */
export async function fetchDebianSource({ folder, note }: DebianIndex, name: string): Promise<DebianSource> {
  const place = join(folder, "source");
  await mkdir(place);
  await aptGet([...aptOptions(folder), "source", "--download-only", "--only-source", name], note, {
    cwd: place,
  });
  const files = await readdir(place);
  const description = files.find((file) => file.endsWith(".dsc"));
  const text = description === undefined ? "" : await readFile(join(place, description), "utf8");
  const version = /^Version: (\S+)$/m.exec(text)?.[1];
  if (version === undefined) throw new UserError(`apt fetched no source package ${name}`);
  return {
    name,
    version,
    files: files.filter((file) => /\.tar\.\w+$/.test(file)).map((file) => join(place, file)),
  };
}

/** The versions that the release has of packages by name; what it does not have is left out. */
export async function newestVersions(
  { folder }: DebianIndex,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const listed = await execa("apt-cache", [...aptOptions(folder), "policy", ...names], {
    env: { LC_ALL: "C" },
  });
  return readPolicy(listed.stdout);
}

/** The candidate of each package in what `apt-cache policy` prints. Pure. */
export function readPolicy(printed: string): ReadonlyMap<string, string> {
  const found = [...printed.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: ([^\s(]\S*)$/gm)];
  return new Map(found.map(([, name = "", version = ""]) => [name, version]));
}

/** Name, version and architecture from `name_1%3a2.3-4_amd64.deb`. Pure. */
export function readPackageName(file: string): DebianPackage {
  const [name = "", version = "", architecture = ""] = file.replace(/\.deb$/, "").split("_");
  return { name, version: decodeURIComponent(version), architecture };
}

/** Options that give apt sources, state and cache of its own, and hold it to signed releases. Pure. */
export function aptOptions(folder: string): readonly string[] {
  return [
    ["Dir::Etc::SourceList", "/dev/null"],
    ["Dir::Etc::SourceParts", join(folder, "sources")],
    ["Dir::Etc::Preferences", "/dev/null"],
    ["Dir::Etc::PreferencesParts", join(folder, "preferences")],
    ["Dir::State", join(folder, "state")],
    ["Dir::State::Status", join(folder, "status")],
    ["Dir::Cache", join(folder, "cache")],
    ["Dir::Cache::Archives", "archives"],
    ["Acquire::Languages", "none"],
    ["Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", "false"],
    ["Acquire::AllowInsecureRepositories", "false"],
    ["Acquire::AllowWeakRepositories", "false"],
    ["Acquire::AllowDowngradeToInsecureRepositories", "false"],
    ["APT::Get::AllowUnauthenticated", "false"],
    ["APT::Update::Error-Mode", "any"],
    // The folder is closed to others, so also to the user that root's apt would download as.
    ...(process.getuid?.() === 0 ? [["APT::Sandbox::User", "root"]] : []),
  ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

async function writeConfiguration(request: {
  readonly archive: DebianArchive;
  readonly suite: string;
  readonly folder: string;
  readonly sources: boolean;
}): Promise<void> {
  const { archive, suite, folder, sources } = request;
  const folders = ["sources", "preferences", "state/lists/partial", "cache/archives/partial"];
  for (const name of folders) await mkdir(join(folder, name), { recursive: true });
  const source = [
    `Types: ${sources ? "deb deb-src" : "deb"}`,
    `URIs: ${archive.mirror}`,
    `Suites: ${suite}`,
    "Components: main",
    `Signed-By: ${archive.keyring}`,
  ];
  await writeFile(join(folder, "sources/debian.sources"), `${source.join("\n")}\n`, { mode: 0o644 });
  await writeFile(join(folder, "status"), "", { mode: 0o644 });
}
