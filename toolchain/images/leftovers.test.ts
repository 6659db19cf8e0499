import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { asPlainUser } from "../plain-user.ts";
import { removeLeftovers } from "./leftovers.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-leftovers-"));
  await chmod(folder, 0o755);
  await haveDocker("exit 1");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Puts a docker there whose script is given, which the engine of this machine does not hear of. */
async function haveDocker(script: string): Promise<void> {
  await mkdir(join(folder, "programs"), { recursive: true });
  await writeFile(join(folder, "programs/docker"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${join(folder, "programs")}:${process.env.PATH}`);
}

/** The id of a process that has ended. */
async function endedProcess(): Promise<string> {
  return (await execa("sh", ["-c", "echo $$"])).stdout;
}

describe("what an interrupted build has left", () => {
  test("in the cache is removed, but not what may still be in use or is something else", async () => {
    const left = `image-${await endedProcess()}-a`;
    const kept = [`image-${process.pid}-b`, "other", "programs"];
    for (const name of [left, ...kept]) await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, left, "file"), "");
    await removeLeftovers(folder);
    expect((await readdir(folder)).sort()).toEqual(kept);
  });

  test("in another user's folder is left where it is", async () => {
    const left = `image-${await endedProcess()}-a`;
    await mkdir(join(folder, left));
    await asPlainUser(() => removeLeftovers(folder));
    expect(await readdir(folder)).toContain(left);
  });

  test("on the engine is removed, but not what a running process or another machine has there", async () => {
    const owners = [`${hostname()}:${await endedProcess()}`, `${hostname()}:${process.pid}`, "elsewhere:1"];
    const lines = owners.map((owner, place) => `id${place} ${owner}`).join("\n");
    await haveDocker(`case "$*" in
"ps "*|"image inspect "*) echo '${lines}' ;;
"image ls "*) echo id0; echo id1; echo id2 ;;
*) echo "$*" >> ${join(folder, "asked")} ;;
esac`);
    await removeLeftovers(folder);
    expect(await readFile(join(folder, "asked"), "utf8")).toBe(
      "rm --force --volumes id0\nimage rm --force id0\n",
    );
  });
});
