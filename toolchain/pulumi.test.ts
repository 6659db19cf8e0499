import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandLineRelease, pluginRelease, type Release } from "./official-release.ts";
import type { Progress } from "./progress.ts";
import { preparePulumi, pulumiEnvironment } from "./pulumi.ts";
import { isNewEnough } from "./pulumi-cli.ts";
import { UserError } from "./user-error.ts";
import { PLUGIN_NAMES, versions } from "./versions.ts";

/** A CLI that tells a version, notes its calls, and installs a plugin by copying it. */
const commandLine = (version: string, calls: string) => `#!/bin/sh
echo "$*" >> ${calls}
case "$1" in
  version) echo v${version} ;;
  plugin) folder="$PULUMI_HOME/plugins/resource-$4-v$5"; mkdir -p "$folder"; cp "$7" "$folder/" ;;
esac
`;

let folder: string;
let environment: NodeJS.ProcessEnv;
let said: string[];
let server: Server;
let published: Map<string, Buffer>;
let sites: { downloads: string; sources: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-pulumi-"));
  said = [];
  published = new Map();
  server = createServer((request, response) => {
    const content = published.get(request.url ?? "");
    response.statusCode = content ? 200 : 404;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sites = { downloads: `${base}/releases`, sources: `${base}/pulumi` };
  environment = {
    PATH: [join(folder, "bin"), "/usr/bin", "/bin"].join(delimiter),
    HOME: folder,
    PULUMI_HOME: join(folder, "home"),
    NABOOM_MQTT_CACHE: join(folder, "cache"),
  };
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const progress: Progress = {
  step: (_, work) => work(() => {}),
  say: (text) => void said.push(text),
};
const prepare = (install = false) => preparePulumi({ install, progress, environment, sites });
const failure = async (install = false) => {
  const error = await prepare(install).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
};
const calls = async () => (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");

async function addCommandLine(version: string, withHost = true): Promise<void> {
  await mkdir(join(folder, "own"), { recursive: true });
  await mkdir(join(folder, "bin"), { recursive: true });
  const cli = join(folder, "own", "pulumi");
  await writeFile(cli, commandLine(version, join(folder, "calls")), { mode: 0o755 });
  await symlink(cli, join(folder, "bin", "pulumi")).catch(() => {});
  if (withHost) await writeFile(join(folder, "own", "pulumi-language-nodejs"), "", { mode: 0o755 });
}

async function addGo(version: string, complaint = ""): Promise<void> {
  const go = `#!/bin/sh\n[ "$1" = version ] && echo go version go${version} linux/amd64 && exit\necho "${complaint}" >&2; exit 1\n`;
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "go"), go, { mode: 0o755 });
}

async function addPlugins(): Promise<void> {
  for (const name of PLUGIN_NAMES) {
    const at = join(folder, "home", "plugins", `resource-${name}-v${versions.plugins[name]}`);
    await mkdir(at, { recursive: true });
    await writeFile(join(at, `pulumi-resource-${name}`), "");
  }
}

async function publish(release: Release | undefined, files: Record<string, string>): Promise<void> {
  if (!release) throw new Error("this system has no official release");
  const at = await mkdtemp(join(folder, "archive-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(at, "in", name, ".."), { recursive: true });
    await writeFile(join(at, "in", name), content, { mode: 0o755 });
  }
  const archive = join(at, basename(release.archive));
  await execa("tar", ["-czf", archive, "-C", join(at, "in"), "."]);
  const content = await readFile(archive);
  const digest = createHash("sha256").update(content).digest("hex");
  published.set(new URL(release.archive).pathname, content);
  published.set(new URL(release.checksums).pathname, Buffer.from(`${digest}  ${basename(archive)}\n`));
}

const publishAll = async () => {
  const cli = commandLine(versions.pulumi, join(folder, "calls"));
  await publish(commandLineRelease(versions.pulumi, sites), {
    "pulumi/pulumi": cli,
    "pulumi/pulumi-language-nodejs": "",
  });
  for (const name of PLUGIN_NAMES) {
    await publish(pluginRelease(name, versions.plugins[name], sites), { [`pulumi-resource-${name}`]: name });
  }
};

describe("a Pulumi of the user's own", () => {
  it("is taken if it is new enough, and asked for its version once, until it is replaced", async () => {
    await addCommandLine("3.999.0");
    await addPlugins();
    const expected = {
      cli: join(folder, "bin", "pulumi"),
      version: "3.999.0",
      how: "found",
      why: `${join(folder, "bin", "pulumi")} is new enough`,
      environment: { PULUMI_SKIP_UPDATE_CHECK: "true" },
    };
    expect(await prepare()).toEqual(expected);
    expect(await prepare()).toEqual(expected);
    expect(await calls()).toEqual(["version"]);
    await addCommandLine("3.1000.0");
    expect((await prepare()).version).toBe("3.1000.0");
  });

  it("is not taken if it is too old, and the error says so", async () => {
    await addCommandLine("3.100.0");
    expect(await failure()).toContain("bin/pulumi is version 3.100.0");
  });

  it("is not taken without a language host", async () => {
    await addCommandLine("3.999.0", false);
    expect(await failure()).toContain("has no pulumi-language-nodejs");
  });

  it("needs the pinned minor version or a later one of the same major version", () => {
    const [major, minor] = versions.pulumi.split(".").map(Number) as [number, number];
    expect(isNewEnough(`${major}.${minor}.0`)).toBe(true);
    expect(isNewEnough(`${major}.${minor + 1}.0`)).toBe(true);
    expect(isNewEnough(`${major}.${minor - 1}.99`)).toBe(false);
    expect(isNewEnough(`${major + 1}.0.0`)).toBe(false);
  });
});

describe("without leave to install", () => {
  it("a missing CLI is an error that names the way out, and nothing is written", async () => {
    expect(await failure()).toMatch(/Pulumi \d.* nothing may be installed: leave --no-install away/);
    expect(await readdir(folder)).toEqual([]);
  });

  it("missing plugins are an error that names the commands", async () => {
    await addCommandLine("3.999.0");
    expect(await failure()).toContain(`pulumi plugin install resource docker ${versions.plugins.docker}`);
  });

  it("a plugin that Pulumi has not finished to install counts as missing", async () => {
    await addCommandLine("3.999.0");
    await addPlugins();
    await writeFile(join(folder, "home", "plugins", `resource-tls-v${versions.plugins.tls}.partial`), "");
    expect(await failure()).toContain("lacks the plugins tls,");
  });
});

describe("the official release", () => {
  it("is downloaded with its plugins, and afterwards found in the cache without any call", async () => {
    await publishAll();
    const first = await prepare(true);
    expect(first).toMatchObject({ how: "downloaded", version: versions.pulumi });
    expect(first.environment.PATH?.split(delimiter)[0]).toBe(join(first.cli, ".."));
    expect(said[0]).toMatch(/^Pulumi .*: official release from 127\.0\.0\.1:\d+, its checksum verified$/);
    for (const name of PLUGIN_NAMES) {
      const at = join(folder, "home", "plugins", `resource-${name}-v${versions.plugins[name]}`);
      expect(await readFile(join(at, `pulumi-resource-${name}`), "utf8")).toBe(name);
    }
    const made = await calls();
    published.clear();
    const second = await prepare(false);
    expect(second).toEqual({ ...first, how: "cached", why: `from the cache: ${first.why}` });
    expect(await calls()).toEqual(made);
  });

  it("serves another PULUMI_HOME from the cache", async () => {
    await publishAll();
    await prepare(true);
    published.clear();
    environment.PULUMI_HOME = join(folder, "other");
    await prepare(true);
    expect(await readdir(join(folder, "other", "plugins"))).toHaveLength(PLUGIN_NAMES.length);
  });

  it("that was tampered with is an error, not a reason to build", async () => {
    await publishAll();
    const release = commandLineRelease(versions.pulumi, sites) as Release;
    published.set(new URL(release.archive).pathname, Buffer.from("tampered"));
    expect(await failure(true)).toContain("it was not used");
    expect(await readdir(join(folder, "cache"))).toEqual([]);
  });

  it("lies where the cache's links lead, since the CLI takes a link for another place", async () => {
    await publishAll();
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "cache"));
    expect((await prepare(true)).cli.startsWith(join(folder, "real"))).toBe(true);
  });
});

describe("where no site answers", () => {
  it("a missing Go is an error that says why it is needed and how to get one", async () => {
    await mkdir(join(folder, "tar-only"));
    environment.PATH = join(folder, "tar-only");
    const message = await failure(true);
    expect(message).toMatch(/has to be built from Go modules, since 127\.0\.0\.1:\d+ answered 404/);
    expect(message).toMatch(/there is no Go here: install Go/);
  });

  it("a Go that is too old is named", async () => {
    await addGo("1.19.8");
    expect(await failure(true)).toContain("the Go here is 1.19.8");
  });

  it("a failed build leaves nothing behind, and tells Go's last words", async () => {
    await addGo("1.99.0", "main.go:1: no");
    await expect(prepare(true)).rejects.toThrow("main.go:1: no");
    expect(await readdir(join(folder, "cache"))).toEqual([]);
  });

  it("a full disk is told as such", async () => {
    await addGo("1.99.0", "write x: no space left on device");
    expect(await failure(true)).toContain("lack of space");
  });
});

describe("the environment of a call", () => {
  it("has the folder of a CLI that is not the user's own first in PATH", () => {
    const made = { cli: "/cache/pulumi/pulumi", how: "built" } as const;
    expect(pulumiEnvironment(made, { PATH: "/usr/bin" }).PATH).toBe("/cache/pulumi:/usr/bin");
    expect(pulumiEnvironment(made, {}).PATH).toBe("/cache/pulumi");
    expect(pulumiEnvironment({ ...made, how: "found" }, { PATH: "/usr/bin" })).not.toHaveProperty("PATH");
  });
});
