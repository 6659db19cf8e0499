import { copyFile, lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { dockerCommand } from "../docker.ts";
import { UserError } from "../user-error.ts";
import type { DebianSource, DebianTree } from "./debian-packages.ts";
import { pipeToDocker } from "./image-archive.ts";
import { throwawayLabel } from "./leftovers.ts";

/** A change to a source, which is applied after those that Debian makes itself. */
export interface Patch {
  /** As in `0001-websocket-empty-frame.patch`; patches are applied in the order of their names. */
  readonly name: string;
  readonly text: string;
}

/** How a program is compiled from Debian's source of it. */
export interface SourceBuild {
  /** Name of the source package. */
  readonly package: string;
  /** For people, as in "Mosquitto". */
  readonly program: string;
  /** Commands of busybox that the script runs. */
  readonly applets: readonly string[];
  /** A shell script; see `broker/compile.sh` for what it is given and what it gives. */
  readonly script: string;
  /** Libraries that the source has copies of, and compiles in. */
  readonly bundled: readonly string[];
  readonly patches: readonly Patch[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Compilation {
  readonly build: SourceBuild;
  readonly source: DebianSource;
  /** Unpacked packages with the compilers among them, where what is compiled is laid as well. */
  readonly tree: DebianTree;
  /** A folder of the caller's, which removes it. */
  readonly folder: string;
  readonly note: (text: string) => void;
}

export interface CompiledSource {
  readonly package: string;
  readonly version: string;
  /** When the source was changed last, in milliseconds since 1970. */
  readonly date: number;
  readonly bundled: readonly string[];
  readonly patches: readonly Patch[];
}

/** What has no part in compiling C, and would take half of the throwaway image. */
const NEEDLESS = ["./usr/share", "./usr/lib/*/gconv", "./usr/libexec/gcc/*/*/lto1", "./usr/bin/*lto-dump*"];

/** Seconds after which the container ends what it does. */
const LIMIT = 1200;

/**
 * Compiles a source in a container without a network, and lays what came out into the tree.
 *
 * The container's root is the tree itself, as a temporary image. It runs as nobody, with no rights, on a root
 * that it can't write, and gets nothing but the source, the patches and the script.
 *
 * @throws UserError if a patch does not apply, or the compiler fails
 */
export async function compileSource(compilation: Compilation): Promise<CompiledSource> {
  const { build, source, tree, folder, note } = compilation;
  await complete(build, source, tree.folder);
  note("importing the compilers");
  const image = await importRoot(tree.folder);
  try {
    const archive = join(folder, "compiled.tar");
    await run(compilation, image, archive);
    await execa("tar", ["--extract", "--file", archive, "--directory", tree.folder]);
  } finally {
    await dockerCommand(["image", "rm", "--force", image]);
  }
  const date = changeDate(await readFile(join(tree.folder, "changelog"), "utf8"));
  return {
    package: source.name,
    version: source.version,
    date,
    bundled: build.bundled,
    patches: build.patches,
  };
}

/** The date of the newest entry of a Debian changelog, in milliseconds since 1970. Pure. */
export function changeDate(changelog: string): number {
  const date = Date.parse(/^ -- .+> {2}(.+)$/m.exec(changelog)?.[1] ?? "");
  if (Number.isNaN(date)) throw new UserError("Debian's source package has no dated changelog");
  return date;
}

/** Adds what packages leave to installing: the links of a merged /usr, busybox's commands; and what is compiled. */
async function complete(build: SourceBuild, source: DebianSource, root: string): Promise<void> {
  for (const name of ["build/patches", "tmp", "proc", "dev", "sys", "etc"]) {
    await mkdir(join(root, name), { recursive: true });
  }
  for (const name of ["bin", "sbin", "lib", "lib64"]) await symlink(`usr/${name}`, join(root, name));
  for (const applet of build.applets) {
    const there = await lstat(join(root, "usr/bin", applet)).catch(() => undefined);
    if (there === undefined) await symlink("busybox", join(root, "usr/bin", applet));
  }
  for (const file of source.files) await copyFile(file, join(root, "build", basename(file)));
  for (const { name, text } of build.patches) await writeFile(join(root, "build/patches", name), text);
  await writeFile(join(root, "build/compile.sh"), build.script);
}

async function importRoot(root: string): Promise<string> {
  const owned = ["--numeric-owner", "--owner=0", "--group=0", "--mode=u+rwX,go+rX"];
  const without = NEEDLESS.map((path) => `--exclude=${path}`);
  const args = ["--create", ...owned, "--wildcards", ...without, "--directory", root, "."];
  return await pipeToDocker(args, ["import", "--change", `LABEL ${throwawayLabel()}`, "-"]);
}

async function run({ build, source, note }: Compilation, image: string, archive: string): Promise<void> {
  const confined = [
    "--rm",
    "--network=none",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--user=65534:65534",
    "--memory=2g",
    "--pids-limit=256",
    "--tmpfs=/work:size=1g,mode=1777",
  ];
  const named = ["--label", throwawayLabel()];
  const environment = Object.entries(build.environment).map(([name, value]) => `--env=${name}=${value}`);
  const command = ["busybox", "timeout", "-s", "KILL", String(LIMIT), "/bin/sh", "/build/compile.sh"];
  const compiling = execa("docker", ["run", ...named, ...confined, ...environment, image, ...command], {
    reject: false,
    stdin: "ignore",
    stdout: { file: archive },
  });
  for await (const line of compiling.iterable({ from: "stderr" })) note(line.trim().slice(0, 70));
  const { exitCode, stderr } = await compiling;
  if (exitCode !== 0) throw new UserError(explainCompiling(build, source, stderr ?? ""));
}

/** The sentence for a source that can't be compiled. Pure. */
export function explainCompiling(
  { program }: Pick<SourceBuild, "program">,
  { version }: Pick<DebianSource, "version">,
  printed: string,
): string {
  const lines = printed.trim().split("\n");
  const patch = /^patch-failed: (\S+)$/.exec(lines.at(-1) ?? "")?.[1];
  if (patch?.startsWith("debian/")) {
    return `${patch} of Debian's own ${program} ${version} does not apply to it`;
  }
  if (patch !== undefined) {
    return (
      `the patch ${basename(patch)} does not apply to Debian's ${program} ${version}, which may be newer than the patch; ` +
      "a newer version of this project may have it fitted: `git pull`"
    );
  }
  const told = lines.find((line) => / error: |undefined reference|No space left/.test(line)) ?? lines.at(-1);
  return `compiling ${program} ${version} failed: ${told?.trim()}`;
}
