import { chmod, copyFile, mkdir, readdir, realpath, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { execa } from "execa";
import { UserError } from "../user-error.ts";

/** What a root folder made of Debian packages holds: nothing else but busybox and the libraries that are loaded. */
export interface RootContents {
  /** Paths of programs in the packages, without a slash before them. */
  readonly programs: readonly string[];
  /** What programs load by themselves, laid into /usr/lib. @default none */
  readonly modules?: { readonly folder: string; readonly names: readonly string[] };
  /** Commands of busybox. */
  readonly applets: readonly string[];
  /** Mode of each further folder by its absolute path. */
  readonly folders: Readonly<Record<string, number>>;
  /** Absolute paths of the folders that belong to the image's user; each lies in the first. @default none */
  readonly ownedFolders?: readonly string[];
  /** Text of each further file by its absolute path; everybody may read it. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Lays an image's root folder out of unpacked Debian packages: its programs and modules, exactly the
 * libraries that they load, busybox, and nothing else.
 *
 * @returns the path in the tree of each file that came from there, by its absolute path in the image
 */
export async function layRoot(
  contents: RootContents,
  tree: string,
  root: string,
): Promise<ReadonlyMap<string, string>> {
  const laid = new Map<string, string>();
  const lay = async (from: string, to: string, mode: number) => {
    const real = await realpath(from);
    await copyFile(real, join(root, to));
    await chmod(join(root, to), mode);
    laid.set(`/${to}`, relative(tree, real));
  };
  const libraries = await findLibraryFolder(tree);
  const modules = (contents.modules?.names ?? []).map((name) =>
    join(libraries.folder, contents.modules?.folder ?? "", name),
  );
  const programs = contents.programs.map((path) => join(tree, path));
  await layFolders(contents, root, relative(tree, libraries.folder));
  for (const path of contents.programs) await lay(join(tree, path), path, 0o755);
  for (const path of modules) await lay(path, join("usr/lib", basename(path)), 0o644);
  for (const path of await findLibraries(libraries, [...programs, ...modules])) {
    await lay(path, join(relative(tree, libraries.folder), basename(path)), 0o755);
  }
  await layLoader(tree, root, libraries);
  await lay(join(tree, "usr/bin/busybox"), "usr/bin/busybox", 0o755);
  for (const applet of contents.applets) await symlink("busybox", join(root, "usr/bin", applet));
  for (const [path, text] of Object.entries(contents.files)) {
    await writeFile(join(root, path), text);
    await chmod(join(root, path), 0o644);
  }
  return laid;
}

interface LibraryFolder {
  /** Debian's folder for this architecture, such as usr/lib/x86_64-linux-gnu. */
  readonly folder: string;
  /** The dynamic loader in it. */
  readonly loader: string;
}

async function findLibraryFolder(tree: string): Promise<LibraryFolder> {
  const lib = join(tree, "usr/lib");
  for (const name of await readdir(lib)) {
    if (!/-linux-gnu/.test(name)) continue;
    const loader = (await readdir(join(lib, name))).find((file) => /^ld(-linux.*|64)\.so\.\d+$/.test(file));
    if (loader !== undefined) return { folder: join(lib, name), loader: join(lib, name, loader) };
  }
  throw new UserError("Debian's packages hold no dynamic loader where one is expected");
}

/** The libraries that the given files load, found by the packages' own loader. */
async function findLibraries(libraries: LibraryFolder, files: readonly string[]): Promise<readonly string[]> {
  // Packages leave the links from libx.so.1 to libx.so.1.2 to ldconfig, which installing would run.
  await execa("ldconfig", ["-n", libraries.folder], { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  const found = new Set([libraries.loader]);
  for (const file of files) {
    const listed = await execa(libraries.loader, [
      "--inhibit-cache",
      "--library-path",
      libraries.folder,
      "--list",
      file,
    ]);
    for (const path of readLibraries(listed.stdout)) found.add(path);
  }
  const foreign = [...found].filter((path) => dirname(path) !== libraries.folder);
  if (foreign.length > 0) throw new UserError(`the image would load ${foreign.join(", ")} from this machine`);
  return [...found].sort();
}

/** Paths behind `=>` in what the loader's `--list` prints. Pure. */
export function readLibraries(listed: string): readonly string[] {
  return [...listed.matchAll(/=> (\/\S+) \(/g)].map((match) => match[1] ?? "");
}

async function layFolders(contents: RootContents, root: string, libraries: string): Promise<void> {
  const plain = ["usr", "usr/bin", "usr/sbin", "usr/lib", libraries, "etc"];
  const owned = (contents.ownedFolders ?? []).map((path) => [path, 0o755] as const);
  const modes = [["/", 0o755] as const, ...plain.map((path) => [path, 0o755] as const)];
  for (const [path, mode] of [...modes, ...Object.entries(contents.folders), ...owned]) {
    await mkdir(join(root, path), { recursive: true });
    // Whatever the umask says: others than root must get in.
    await chmod(join(root, path), mode);
  }
  for (const name of ["bin", "sbin", "lib"]) await symlink(`usr/${name}`, join(root, name));
}

/** Programs name their loader as /lib64/… or /lib/…, depending on the architecture. */
async function layLoader(tree: string, root: string, libraries: LibraryFolder): Promise<void> {
  const target = relative(join(tree, "usr/lib"), libraries.loader);
  await symlink(target, join(root, "usr/lib", basename(libraries.loader)));
  await symlink("usr/lib", join(root, "lib64"));
}
