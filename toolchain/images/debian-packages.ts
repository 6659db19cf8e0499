import { access, chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { aptGet } from "../apt.ts";
import { UserError } from "../user-error.ts";

/** Where packages come from, and the key that their release must be signed with. */
export interface DebianArchive {
  readonly mirror: string;
  readonly keyring: string;
}

export interface DebianTree {
  /** Folder that holds the packages' files, as `dpkg-deb --extract` lays them. */
  readonly folder: string;
  /** Version of each package, sorted by name. */
  readonly versions: ReadonlyMap<string, string>;
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

/**
 * Fetches packages with all they depend on from another release than this machine's, and unpacks them.
 *
 * Uses an apt configuration of its own inside the folder: nothing is installed, root is not needed, and
 * this machine's package lists stay as they are. apt verifies the release's signature against Debian's
 * keys, and each package's SHA-256 against that release.
 *
 * @param folder an empty folder of the caller's, which removes it
 */
export async function unpackDebianPackages(request: {
  readonly archive: DebianArchive;
  readonly suite: string;
  readonly packages: readonly string[];
  readonly folder: string;
  readonly note: (text: string) => void;
}): Promise<DebianTree> {
  const { folder, note } = request;
  await writeConfiguration(request);
  const options = aptOptions(folder);
  await aptGet([...options, "update"], note);
  await aptGet(
    [...options, "install", "--download-only", "-y", "--no-install-recommends", ...request.packages],
    note,
  );
  const archives = join(folder, "cache/archives");
  const files = (await readdir(archives)).filter((name) => name.endsWith(".deb")).sort();
  const tree = join(folder, "tree");
  await mkdir(tree);
  for (const file of files) {
    note(`unpacking ${file}`);
    await execa("dpkg-deb", ["--extract", join(archives, file), tree]);
  }
  return { folder: tree, versions: new Map(files.map(readPackageName)) };
}

/** Name and version from `name_1%3a2.3-4_amd64.deb`. Pure. */
export function readPackageName(file: string): [name: string, version: string] {
  const [name = "", version = ""] = file.split("_");
  return [name, decodeURIComponent(version)];
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
  ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

async function writeConfiguration(request: {
  readonly archive: DebianArchive;
  readonly suite: string;
  readonly folder: string;
}): Promise<void> {
  const { archive, suite, folder } = request;
  const folders = ["sources", "preferences", "state/lists/partial", "cache/archives/partial"];
  for (const name of folders) await mkdir(join(folder, name), { recursive: true });
  // Run by root, apt downloads as a user of its own, who has to get through; no secret is in here.
  for (const name of ["", "sources", "state", "state/lists", "cache", "cache/archives"]) {
    await chmod(join(folder, name), 0o755);
  }
  const source = [
    "Types: deb",
    `URIs: ${archive.mirror}`,
    `Suites: ${suite}`,
    "Components: main",
    `Signed-By: ${archive.keyring}`,
  ];
  await writeFile(join(folder, "sources/debian.sources"), `${source.join("\n")}\n`, { mode: 0o644 });
  await writeFile(join(folder, "status"), "", { mode: 0o644 });
}
