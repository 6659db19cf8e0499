import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "..");
const COMMAND = `
const [name, ...rest] = process.argv.slice(2);
const told: object = { name, rest, cwd: process.cwd() };
if (name === "exit") process.exitCode = Number(rest[0]);
if (name === "die") process.kill(process.pid, "SIGKILL");
if (name === "wait") {
  process.once("SIGTERM", () => { console.log("told to end"); process.exit(7); });
  setTimeout(() => process.exit(1), 20_000);
}
console.log(JSON.stringify(told));
`;

let copy: string;

/** A copy of the project whose packages are in place already, with a small command of its own. */
beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), "naboom-mqtt-start-"));
  for (const folder of ["commands", "toolchain", "node_modules"]) await mkdir(join(copy, folder));
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
    await cp(join(PROJECT, file), join(copy, file));
  }
  for (const name of ["start", "npm-packages", "child-process"]) {
    await cp(join(PROJECT, `toolchain/${name}.mjs`), join(copy, `toolchain/${name}.mjs`));
  }
  await writeFile(join(copy, "commands/main.ts"), COMMAND);
  await symlink(join(PROJECT, "node_modules/tsx"), join(copy, "node_modules/tsx"));
  const lock = await readFile(join(copy, "package-lock.json"));
  await writeFile(
    join(copy, "node_modules/.installed-from"),
    createHash("sha256").update(lock).digest("hex"),
  );
});

afterEach(async () => {
  await rm(copy, { recursive: true, force: true });
});

function start(args: readonly string[], cwd = copy) {
  return execa("node", [join(copy, "toolchain/start.mjs"), ...args], { cwd, reject: false, stdin: "ignore" });
}

test("hands the command and its arguments over, and keeps the caller's folder", async () => {
  const cwd = tmpdir();
  const run = await start(["exit", "0", "two words", "--flag"], cwd);
  expect(JSON.parse(run.stdout)).toEqual({ name: "exit", rest: ["0", "two words", "--flag"], cwd });
  expect(run.stderr).toBe("");
});

test("ends with the command's exit code", async () => {
  expect((await start(["exit", "3"])).exitCode).toBe(3);
});

test("ends by the signal that ended the command", async () => {
  expect((await start(["die"])).signal).toBe("SIGKILL");
});

test("passes a signal on and waits for what the command makes of it", async () => {
  const run = start(["wait"]);
  for await (const line of run) {
    if (line.includes('"wait"')) run.kill("SIGTERM");
  }
  const ended = await run;
  expect(ended.stdout).toContain("told to end");
  expect(ended.exitCode).toBe(7);
});

test.each([
  [">=99.1.0", "99.1 or newer"],
  ["^18.2.0 || ^19.0.0 || >=99.1.0", "18.2 or a later 18, 19.0 or a later 19, 99.1 or newer"],
])("refuses a Node.js that is not within %s, in one sentence", async (range, allowed) => {
  await allowNode(range);
  const run = await start(["exit", "0"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toBe(
    `This is Node.js ${process.versions.node}, and allowed are ${allowed}: install one from https://nodejs.org and run this again.`,
  );
  expect(run.stdout).toBe("");
});

test("takes a Node.js that is within one of the ranges", async () => {
  const [major = 0] = process.versions.node.split(".");
  await allowNode(`^18.2.0 || ^${major}.0.0 || >=99.0.0`);
  expect((await start(["exit", "0"])).exitCode).toBe(0);
});

async function allowNode(range: string): Promise<void> {
  const file = join(copy, "package.json");
  await writeFile(file, (await readFile(file, "utf8")).replace(/"node": ".*"/, `"node": "${range}"`));
}

test("a registry that can't be reached is one sentence, and nothing half-done is left", async () => {
  await rm(join(copy, "node_modules"), { recursive: true });
  await writeFile(
    join(copy, ".npmrc"),
    `registry=http://127.0.0.1:9/\nfetch-retries=0\ncache=${join(copy, "cache")}\n`,
  );
  const run = await start(["exit", "0"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("The npm registry can't be reached (ECONNREFUSED): check the network");
  expect(run.stdout).toBe("");
  expect(await readdir(copy)).not.toContain("node_modules");
  expect(await readdir(join(copy, ".state/npm"))).toEqual([]);
}, 20_000);

test("installs anew if the lockfile is another one, and says so", async () => {
  await writeFile(join(copy, "node_modules/.installed-from"), "another lockfile");
  const file = join(copy, "package.json");
  await writeFile(file, (await readFile(file, "utf8")).replace(/"zod": ".*"/, '"zod": "4.6.6"'));
  const run = await start(["exit", "0"]);
  expect(run.stderr).toContain("Installing the npm packages of package-lock.json (npm ci)");
  expect(run.stderr).toContain("package-lock.json does not fit package.json: run `npm install");
  expect(run.exitCode).toBe(2);
  // What was there before stays, mark and all, so that the next start tries again.
  expect(await readFile(join(copy, "node_modules/.installed-from"), "utf8")).toBe("another lockfile");
}, 20_000);

/** Removes our own mark, and puts a list there as npm writes it, changed by a test. */
async function installByHand(
  change: (packages: Record<string, { version?: string; optional?: boolean }>) => void,
) {
  await rm(join(copy, "node_modules/.installed-from"), { force: true });
  const lock = JSON.parse(await readFile(join(copy, "package-lock.json"), "utf8"));
  delete lock.packages[""];
  change(lock.packages);
  await writeFile(join(copy, "node_modules/.package-lock.json"), JSON.stringify(lock));
}

test("takes packages of the lockfile that npm ci installed by hand, without those for other machines", async () => {
  await installByHand((packages) => {
    for (const [path, { optional }] of Object.entries(packages)) if (optional) delete packages[path];
  });
  const run = await start(["exit", "0", "--no-install"]);
  expect(run.stderr).toBe("");
  expect(run.exitCode).toBe(0);
});

test.each([
  ["misses one", (packages: Record<string, unknown>) => delete packages["node_modules/zod"]],
  [
    "has another version of one",
    (packages: Record<string, unknown>) => {
      packages["node_modules/zod"] = { version: "0.0.1" };
    },
  ],
])("is not content with an installation by hand that %s", async (_, change) => {
  await installByHand(change);
  const run = await start(["exit", "0", "--no-install"]);
  expect(run.stderr).toBe(
    "The npm packages are not installed, and --no-install forbids it: run npm ci first.",
  );
  expect(run.exitCode).toBe(2);
});
