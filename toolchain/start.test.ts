import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SmallProject } from "../testing/small-project.ts";

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

let copy: SmallProject;

beforeEach(async () => {
  copy = await SmallProject.create(COMMAND);
});

afterEach(() => copy.remove());

test("hands the command and its arguments over, and keeps the caller's folder", async () => {
  const cwd = tmpdir();
  const run = await copy.start(["exit", "0", "two words", "--flag"], { cwd });
  expect(JSON.parse(run.stdout)).toEqual({ name: "exit", rest: ["0", "two words", "--flag"], cwd });
  expect(run.stderr).toBe("");
});

test("ends with the command's exit code", async () => {
  expect((await copy.start(["exit", "3"])).exitCode).toBe(3);
});

test("ends by the signal that ended the command", async () => {
  expect((await copy.start(["die"])).signal).toBe("SIGKILL");
});

test("passes a signal on and waits for what the command makes of it", async () => {
  const run = copy.start(["wait"]);
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
  const run = await copy.start(["exit", "0"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toBe(
    `This is Node.js ${process.versions.node}, and allowed are ${allowed}: install one from https://nodejs.org and run this again.`,
  );
  expect(run.stdout).toBe("");
});

test("takes a Node.js that is within one of the ranges", async () => {
  const [major = 0] = process.versions.node.split(".");
  await allowNode(`^18.2.0 || ^${major}.0.0 || >=99.0.0`);
  expect((await copy.start(["exit", "0"])).exitCode).toBe(0);
});

async function allowNode(range: string): Promise<void> {
  await copy.write(
    "package.json",
    (await copy.read("package.json")).replace(/"node": ".*"/, `"node": "${range}"`),
  );
}

test("a registry that can't be reached is one sentence, and nothing half-done is left", async () => {
  await rm(copy.path("node_modules"), { recursive: true });
  await copy.write(".npmrc", `registry=http://127.0.0.1:9/\nfetch-retries=0\ncache=${copy.path("cache")}\n`);
  const run = await copy.start(["exit", "0"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("The npm registry can't be reached (ECONNREFUSED): check the network");
  expect(run.stdout).toBe("");
  expect(await readdir(copy.folder)).not.toContain("node_modules");
  expect(await readdir(copy.path(".state/npm"))).toEqual([]);
}, 20_000);

test("installs anew if the lockfile is another one, and says so", async () => {
  await copy.write("node_modules/.installed-from", "another lockfile");
  await copy.write(
    "package.json",
    (await copy.read("package.json")).replace(/"zod": ".*"/, '"zod": "4.6.6"'),
  );
  const run = await copy.start(["exit", "0"]);
  expect(run.stderr).toContain("Installing the npm packages of package-lock.json (npm ci)");
  expect(run.stderr).toContain("package-lock.json does not fit package.json: run `npm install");
  expect(run.exitCode).toBe(2);
  // What was there before stays, mark and all, so that the next start tries again.
  expect(await copy.read("node_modules/.installed-from")).toBe("another lockfile");
}, 20_000);

/** Removes our own mark, and puts a list there as npm writes it, changed by a test. */
async function installByHand(
  change: (packages: Record<string, { version?: string; optional?: boolean }>) => void,
) {
  await rm(copy.path("node_modules/.installed-from"), { force: true });
  const lock = JSON.parse(await copy.read("package-lock.json"));
  delete lock.packages[""];
  change(lock.packages);
  await copy.write("node_modules/.package-lock.json", JSON.stringify(lock));
}

test("takes packages of the lockfile that npm ci installed by hand, without those for other machines", async () => {
  await installByHand((packages) => {
    for (const [path, { optional }] of Object.entries(packages)) if (optional) delete packages[path];
  });
  const run = await copy.start(["exit", "0", "--no-install"]);
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
  const run = await copy.start(["exit", "0", "--no-install"]);
  expect(run.stderr).toBe(
    "The npm packages are not installed, and --no-install forbids it: run npm ci first.",
  );
  expect(run.exitCode).toBe(2);
});
