import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aptGet, explainApt } from "./apt.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-apt-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Puts a stand-in first in the PATH, which notes its calls in a file. */
async function standIn(script: string): Promise<void> {
  const file = join(folder, "apt-get");
  await writeFile(file, `#!/bin/sh\ncd "${folder}" && echo "$*" >> calls\n${script}\n`);
  await chmod(file, 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
}

const calls = async () => (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");

describe("apt-get", () => {
  it("waits for another apt that holds the lock of the package lists, which apt itself does not", async () => {
    const lock = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)";
    await standIn(`[ "$(wc -l < calls)" -ge 3 ] && echo Done && exit 0\necho "${lock}" >&2; exit 100`);
    const heard: string[] = [];
    expect(await aptGet(["update"], (line) => void heard.push(line))).toBe("Done");
    expect(await calls()).toHaveLength(3);
    expect(heard).toEqual([lock.slice(0, 70), lock.slice(0, 70), "Done"]);
  });

  it("is not tried again for any other reason, which is told in its own words", async () => {
    await standIn('echo "E: Unable to locate package nosuch" >&2; exit 100');
    await expect(aptGet(["install", "nosuch"], () => undefined)).rejects.toThrow(
      "`apt-get install` failed. It said:\n  E: Unable to locate package nosuch",
    );
    expect(await calls()).toHaveLength(1);
  });
});

describe("a failed apt-get", () => {
  it.each([
    ["E: You don't have enough free space in /var/cache/apt/archives/.", /no space left/],
    ["E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1", /Let the other apt end/],
    ["E: Failed to fetch http://x  Temporary failure resolving 'x'", /could not reach the package mirror/],
    [
      "E: Unable to locate package nosuch",
      /`apt-get install` failed. It said:\n {2}E: Unable to locate package nosuch/,
    ],
  ])("%s", (output, sentence) => {
    expect(explainApt(["-o", "x", "install", "nosuch"], `Reading lists\n${output}\n`, "")).toMatch(sentence);
  });

  it("without apt-get says where that is", () => {
    expect(explainApt(["update"], "", "ENOENT")).toMatch(/no apt-get here/);
  });
});
