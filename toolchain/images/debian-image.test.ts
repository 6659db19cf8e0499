import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { giveToPlainUser } from "../plain-user.ts";
import { UserError } from "../user-error.ts";
import { brokerImage } from "./broker/recipe.ts";
import { buildDebianImage } from "./debian-image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-image-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test("a cache folder that can't be had is told as such", async () => {
  await writeFile(join(folder, "file"), "");
  vi.stubEnv("NABOOM_MQTT_CACHE", join(folder, "file"));
  const archive = { mirror: "http://127.0.0.1:9", keyring: "none" };
  const building = buildDebianImage(brokerImage(), archive, () => {});
  await expect(building).rejects.toThrow(
    new UserError(`${join(folder, "file")} can't be made (EEXIST): set NABOOM_MQTT_CACHE to another folder.`),
  );
});

test.runIf(getuid?.() === 0)(
  "a cache folder of another user's is not worked in, and nothing in it is removed",
  async () => {
    vi.stubEnv("NABOOM_MQTT_CACHE", folder);
    await mkdir(join(folder, "image-999999999-left"));
    await giveToPlainUser(folder);
    const archive = { mirror: "http://127.0.0.1:9", keyring: "none" };
    const building = buildDebianImage(brokerImage(), archive, () => {});
    await expect(building).rejects.toThrow(
      `${folder} belongs to another user (uid 65534), so nothing in it is used`,
    );
    expect(await readdir(folder)).toEqual(["image-999999999-left"]);
  },
);
