import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { asPlainUser } from "../plain-user.ts";
import { UserError } from "../user-error.ts";
import { brokerImage } from "./broker/recipe.ts";
import { buildDebianImage, removeAbandoned } from "./debian-image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-image-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A work folder named after a process that has ended. */
async function abandon(suffix: string): Promise<string> {
  const { stdout } = await execa("sh", ["-c", "echo $$"]);
  const left = `naboom-mqtt-image-${stdout}-${suffix}`;
  await mkdir(join(folder, left));
  await writeFile(join(folder, left, "file"), "");
  return left;
}

describe("what an interrupted build has left", () => {
  test("is removed, but not what may still be in use or is something else", async () => {
    await abandon("a");
    const kept = [`naboom-mqtt-image-${process.pid}-b`, "other"];
    for (const name of kept) await mkdir(join(folder, name));
    await removeAbandoned(folder);
    expect((await readdir(folder)).sort()).toEqual(kept);
  });

  test("is left where it is if it is another user's", async () => {
    const left = await abandon("a");
    await chmod(join(folder, left), 0o555);
    await chmod(folder, 0o755);
    await asPlainUser(() => removeAbandoned(folder));
    expect(await readdir(folder)).toEqual([left]);
    await chmod(join(folder, left), 0o755);
  });
});

test("a temporary folder that can't be had is told as such", async () => {
  await writeFile(join(folder, "file"), "");
  vi.stubEnv("TMPDIR", join(folder, "file"));
  const archive = { mirror: "http://127.0.0.1:9", keyring: "none" };
  const building = buildDebianImage(brokerImage, archive, () => {});
  await expect(building).rejects.toThrow(
    new UserError(`${join(folder, "file")} can't be written or run from (TMPDIR chooses another folder)`),
  );
});
