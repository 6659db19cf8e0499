import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
    new UserError(
      `${join(folder, "file")} can't be written or run from (NABOOM_MQTT_CACHE chooses another folder)`,
    ),
  );
});
