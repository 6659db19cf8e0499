import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "./user-error.ts";
import { isAtLeast } from "./version-number.ts";

/** Programs of one Go module, built together so that what they share is compiled once. */
export interface GoPrograms {
  /** The folder of go.mod and go.sum. */
  readonly module: string;
  /** Import paths of main packages, or folders beginning with `./`. */
  readonly packages: readonly string[];
  /** Package variables to set, by their full name, such as a program's version. */
  readonly variables: Readonly<Record<string, string>>;
}

/** From this version on, Go fetches a newer toolchain by itself when a go.mod asks for one. */
const FETCHES_TOOLCHAINS = "1.21";

/**
 * Equal for all programs, since the build cache tells apart what was compiled with other flags. The linker
 * leaves debug information out, so the compiler need not make any: a tenth of its time, a quarter of its cache.
 * Both tags are the upstreams' own: Google's storage then does without gRPC's traffic control (xDS), which takes
 * it inside Google's cloud alone, and the docker provider without Compose, which @pulumi/docker does not offer.
 */
const FLAGS = Object.freeze([
  "-mod=readonly",
  "-trimpath",
  "-buildvcs=false",
  "-gcflags=all=-dwarf=false",
  "-tags=disable_grpc_modules,no_compose",
  "-v",
]);

/**
 * Builds the programs into a folder, one file each named after the last part of its path.
 *
 * Every module is verified against the committed go.sum. GOPROXY, GOPRIVATE and the like are the user's; what
 * would change the result (GOFLAGS, GOWORK, GOOS, GOARCH, cgo) is not taken over.
 *
 * @param note is told how far the build is.
 * @throws UserError if the modules can't be fetched, or there is no space.
 */
export async function buildGo(
  programs: GoPrograms,
  folder: string,
  environment: NodeJS.ProcessEnv,
  note: (text: string) => void,
): Promise<void> {
  const arguments_ = ["build", ...FLAGS, linkerFlags(programs), "-o", `${folder}/`, ...programs.packages];
  const build = execa("go", arguments_, {
    cwd: programs.module,
    env: goEnvironment(environment),
    reject: false,
  });
  let compiled = 0;
  for await (const line of build.iterable({ from: "stderr" })) {
    if (line.startsWith("go: downloading")) note("downloading modules");
    else note(`${++compiled} packages compiled`);
  }
  const result = await build;
  if (result.failed) throw explain(result.stderr || result.shortMessage || "");
}

/** What decides the outcome of a build besides the module's files. */
export function buildFlags(programs: GoPrograms): readonly string[] {
  return [...FLAGS, linkerFlags(programs), ...programs.packages];
}

/**
 * Checks that there is a Go that can build the module.
 *
 * @param purpose begins the sentence of the error, such as `Pulumi 1.2.3 has to be built from Go modules`.
 * @throws UserError if there is none, or it is too old.
 */
export async function requireGo(
  module: string,
  environment: NodeJS.ProcessEnv,
  purpose: string,
): Promise<void> {
  const wanted =
    /^go (\S+)$/m.exec(await readFile(join(module, "go.mod"), "utf8"))?.[1] ?? FETCHES_TOOLCHAINS;
  const asked = await execa("go", ["version"], {
    cwd: module,
    env: goEnvironment(environment),
    reject: false,
  });
  const given = /go version go(\d+(?:\.\d+)*)/.exec(asked.stdout ?? "")?.[1];
  if (given !== undefined && isAtLeast(given, wanted)) return;
  const lack = given
    ? `the Go here is ${given}`
    : asked.code === "ENOENT"
      ? "there is no Go here"
      : firstLine(asked.stderr);
  throw new UserError(
    `${purpose}, which takes Go ${wanted}, or Go ${FETCHES_TOOLCHAINS} with GOTOOLCHAIN=auto, but ${lack}: ` +
      "install Go (apt-get install golang-go on Debian 13, else https://go.dev/dl) or Pulumi itself " +
      "(https://www.pulumi.com/docs/install), and run this again.",
  );
}

function linkerFlags({ variables }: GoPrograms): string {
  const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  return `-ldflags=-s -w ${set.join(" ")}`;
}

/** GOFLAGS holds a flag that is given anyway: were it empty, the one of `go env -w` would count. */
function goEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, GOFLAGS: "-mod=readonly", GOWORK: "off", GOOS: "", GOARCH: "", CGO_ENABLED: "0" };
}

function explain(output: string): Error {
  const lines = output.split("\n").filter((line) => !line.startsWith("go: downloading"));
  const telling = lines.find((line) => /no space left on device/.test(line));
  if (telling)
    return new UserError(
      "Go can't build for lack of space: free 8 GB, for example with go clean -cache, and run this again.",
    );
  const unreachable = lines.find((line) =>
    /dial tcp|no such host|i\/o timeout|TLS handshake|(403|502|503) /.test(line),
  );
  if (unreachable) {
    return new UserError(
      `Go modules can't be fetched (${unreachable.trim()}): check GOPROXY with go env GOPROXY, and run this again.`,
    );
  }
  return new Error(`go build failed:\n${lines.slice(-12).join("\n")}`);
}

function firstLine(text: string | undefined): string {
  return (text ?? "").trim().split("\n")[0] || "go version can't be read";
}
