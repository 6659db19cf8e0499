import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PLUGIN_NAMES, versions } from "./versions.ts";

const sdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
const grpc = sdk("@grpc/grpc-js");
const messages = sdk("./proto/language_pb");
const { LanguageRuntimeClient } = sdk("./proto/language_grpc_pb");
const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb");
const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb");
const HOST = fileURLToPath(new URL("language-host.mjs", import.meta.url));
const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));

let folder: string;
let host: ChildProcess | undefined;
let output: string;
let client: InstanceType<typeof LanguageRuntimeClient>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-host-"));
});
afterEach(async () => {
  client?.close();
  host?.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** Starts the host as the engine does, and waits for the port. */
async function start(cwd = folder): Promise<void> {
  const started = spawn(process.execPath, [HOST, "127.0.0.1:1"], { cwd, stdio: ["pipe", "pipe", "pipe"] });
  host = started;
  output = "";
  started.stderr.on("data", (data) => {
    output += data;
  });
  await new Promise<void>((resolve, reject) => {
    started.once("exit", (code) => reject(new Error(`the host ended with ${code}: ${output}`)));
    started.stdout.on("data", (data) => {
      output += data;
      const port = /^(\d+)\n/.exec(output)?.[1];
      if (!port) return;
      client ??= new LanguageRuntimeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
      resolve();
    });
  });
}

const call = (method: string, request: unknown) =>
  new Promise<{ toObject(): Record<string, unknown> }>((resolve, reject) =>
    client[method](request, (error: Error | null, response: { toObject(): Record<string, unknown> }) =>
      error ? reject(error) : resolve(response),
    ),
  );

const programInfo = (options: Record<string, unknown> = {}) =>
  new messages.ProgramInfo()
    .setRootDirectory(folder)
    .setProgramDirectory(folder)
    .setEntryPoint(".")
    .setOptions(Struct.fromJavaScript(options));

describe("the language host", () => {
  beforeEach(() => {
    client = undefined;
  });

  it("asks for the plugins in exactly the versions of the installed packages", async () => {
    await symlink(MODULES, join(folder, "node_modules"));
    await start();
    const request = new messages.GetRequiredPackagesRequest().setInfo(programInfo());
    const { packagesList } = (await call("getRequiredPackages", request)).toObject();
    const found = (packagesList as { name: string; kind: string; version: string }[]).map(
      ({ name, kind, version }) => `${kind} ${name} ${version}`,
    );
    expect(found.sort()).toEqual(PLUGIN_NAMES.map((name) => `resource ${name} v${versions.plugins[name]}`));
  });

  it("tells its version and ends with its engine", async () => {
    await symlink(MODULES, join(folder, "node_modules"));
    await start();
    const info = (await call("getPluginInfo", new Empty())).toObject();
    expect(info.version).toBe(sdk("./package.json").version);
    const ended = new Promise((resolve) => host?.once("exit", resolve));
    host?.stdin?.end();
    await ended;
  });

  it("says what is missing in a folder without the Pulumi SDK", async () => {
    await expect(start()).rejects.toThrow(/@pulumi\/pulumi is not installed in .*: run npm ci/);
  });

  describe("running a program", () => {
    /** Stands in for @pulumi/pulumi's runner, so that what it is given can be seen. */
    const runner = async (source: string) => {
      const at = join(folder, "node_modules", "@pulumi", "pulumi");
      await mkdir(join(at, "cmd", "run"), { recursive: true });
      for (const name of ["proto", "node_modules"]) {
        await symlink(join(MODULES, "@pulumi", "pulumi", name), join(at, name)).catch(() => {});
      }
      await symlink(join(MODULES, "@grpc"), join(folder, "node_modules", "@grpc"));
      await symlink(join(MODULES, "google-protobuf"), join(folder, "node_modules", "google-protobuf"));
      await writeFile(join(at, "package.json"), '{"name":"@pulumi/pulumi","version":"3.0.0"}');
      await writeFile(join(at, "cmd", "run", "index.js"), source);
      await start();
    };
    const run = async (options: Record<string, unknown> = {}, users = "{}") => {
      const request = new messages.RunRequest()
        .setInfo(programInfo(options))
        .setProject("naboom")
        .setStack("dev")
        .setPwd(folder)
        .setMonitorAddress("127.0.0.1:2")
        .setParallel(16)
        .setDryrun(true)
        .setConfigsecretkeysList(["naboom:token"]);
      request.getConfigMap().set("naboom:port", "8883").set("naboom:token", "a:b").set("naboom:users", users);
      return (await call("run", request)).toObject();
    };
    const PRINT = `console.log(JSON.stringify({ argv: process.argv.slice(2), node: process.execArgv, cwd: process.cwd(),
      config: process.env.PULUMI_CONFIG, secret: process.env.PULUMI_CONFIG_SECRET_KEYS,
      typescript: process.env.PULUMI_NODEJS_TYPESCRIPT })); console.error("to stderr");`;

    it("hands on arguments, configuration and output", async () => {
      await runner(PRINT);
      expect(await run({ typescript: false, nodeargs: "--no-warnings --title='two words'" })).toEqual({
        error: "",
        bail: false,
      });
      const seen = JSON.parse(/\{.*\}/.exec(output)?.[0] ?? "{}");
      expect(seen.argv.join(" ")).toBe(
        `--monitor 127.0.0.1:2 --engine 127.0.0.1:1 --project naboom --stack dev --pwd ${folder} ` +
          `--root-directory ${folder} --parallel 16 --dry-run .`,
      );
      expect(seen.node.slice(0, 2)).toEqual(["--no-warnings", "--title=two words"]);
      expect(JSON.parse(seen.config)).toEqual({
        "naboom:config:port": "8883",
        "naboom:config:token": "a:b",
        "naboom:config:users": "{}",
      });
      expect(JSON.parse(seen.secret)).toEqual(["naboom:token"]);
      expect(seen.typescript).toBeUndefined();
      expect(output).toContain("to stderr");
    });

    it("hands on the configuration of 20,000 users, of which no list of processes tells", async () => {
      const user = { readwrite: ["naboom/groups/chat/#"], deny: ["naboom/groups/chat/closed/#"] };
      const names = Array.from({ length: 20_000 }, (_, number) => [`user-${number}`, user]);
      const users = JSON.stringify(Object.fromEntries(names));
      await runner(`const { readFileSync, fstatSync } = require("node:fs");
        const { "naboom:config:users": users } = JSON.parse(process.env.PULUMI_CONFIG);
        let closed = false;
        try { fstatSync(3); } catch { closed = true; }
        const shown = readFileSync("/proc/self/environ", "utf8").includes("PULUMI_CONFIG");
        console.log(JSON.stringify({ bytes: users.length, closed, shown }));`);
      expect((await run({ typescript: false }, users)).error).toBe("");
      expect(output).toContain(JSON.stringify({ bytes: users.length, closed: true, shown: false }));
    });

    it("tells of a program that ends before it has read its configuration", async () => {
      await runner("");
      const users = JSON.stringify({ text: "a".repeat(10_000_000) });
      const nodeargs = "--no-option-of-node";
      expect((await run({ nodeargs }, users)).error).toBe("the program exited with code 9");
    });

    it("leaves TypeScript to Pulumi unless that is switched off", async () => {
      await runner(PRINT);
      await run();
      expect(output).toContain('"typescript":"true"');
    });

    it("tells a program that has said what is wrong from one that has not", async () => {
      await runner("process.exit(Number(process.env.PULUMI_NODEJS_TYPESCRIPT ? 32 : 7));");
      expect(await run()).toEqual({ error: "", bail: true });
      expect(await run({ typescript: false })).toEqual({
        error: "the program exited with code 7",
        bail: false,
      });
    });

    it("takes the program along when its engine is gone", async () => {
      await runner("console.log('pid ' + process.pid); setInterval(() => {}, 1000);");
      run().catch(() => {});
      await expect.poll(() => output, { timeout: 5000 }).toContain("pid ");
      const pid = Number(/pid (\d+)/.exec(output)?.[1]);
      host?.stdin?.end();
      await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
