import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeChange, newerPackages, packageChanges, releaseVersions } from "./newer-packages.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-newer-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const HOUR = 3_600_000;
const question = (now: number) => ({
  suite: "forky",
  names: async () => ["libc6"],
  cache: folder,
  signal: new AbortController().signal,
  now,
});

describe("the release's versions", () => {
  test("are asked for at most once a day, whatever came of it", async () => {
    const script = `#!/bin/sh\necho "$1" >> ${join(folder, "calls")}\nexit 1\n`;
    await writeFile(join(folder, "apt-get"), script, { mode: 0o755 });
    vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
    const calls = async () => (await readFile(join(folder, "calls"), "utf8")).split("\n").length - 1;
    expect(await releaseVersions(question(0))).toEqual(new Map());
    expect(await releaseVersions(question(23 * HOUR))).toEqual(new Map());
    expect(await calls()).toBe(1);
    await releaseVersions(question(25 * HOUR));
    expect(await calls()).toBe(2);
  });

  test("are remembered, and a memory that can't be read is no failure", async () => {
    const file = join(folder, "package-versions-forky.json");
    await writeFile(file, JSON.stringify({ asked: 0, versions: { libc6: "2.43-7" } }));
    expect(await releaseVersions(question(HOUR))).toEqual(new Map([["libc6", "2.43-7"]]));
    await writeFile(file, "{");
    vi.stubEnv("PATH", folder);
    expect(await releaseVersions(question(HOUR))).toEqual(new Map());
  });
});

test("newer is what dpkg takes for newer, a rebuild of the same source aside if the image names none", async () => {
  vi.stubEnv("PATH", folder);
  const script = '#!/bin/sh\n[ "$2" = 3 ] && [ "$4" = 2 ] || [ "$2 $4" = "2+b2 2+b1" ]\n';
  await writeFile(join(folder, "dpkg"), script, { mode: 0o755 });
  const packages = new Map([
    ["newer", "2"],
    ["same", "2"],
    ["rebuilt-of-source", "2"],
    ["rebuilt", "2+b1"],
    ["older-in-release", "3"],
    ["unknown", "1"],
  ]);
  const release = new Map([
    ["newer", "3"],
    ["same", "2"],
    ["rebuilt-of-source", "2+b1"],
    ["rebuilt", "2+b2"],
    ["older-in-release", "2"],
  ]);
  const names = (await newerPackages(packages, release)).map(({ name }) => name);
  expect(names).toEqual(["newer", "rebuilt"]);
});

test("what differs between two images is told package by package", () => {
  const before = new Map([
    ["gone", "1"],
    ["same", "1"],
    ["libssl3t64", "3.6.5-1"],
  ]);
  const after = new Map([
    ["same", "1"],
    ["libssl3t64", "3.6.6-1"],
    ["added", "2"],
  ]);
  expect(packageChanges(before, after).map(describeChange)).toEqual([
    "added 2 (new)",
    "gone 1 (gone)",
    "libssl3t64 3.6.5-1 → 3.6.6-1",
  ]);
});
