import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireConfigRoom } from "./config-room.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-room-"));
});

afterEach(() => rm(folder, { recursive: true }));

it("a config is refused from the byte on that Linux has no room for, unless our language host hands it on", async () => {
  const cli = join(folder, "pulumi");
  requireConfigRoom(cli, 131_057, "linux");
  requireConfigRoom(cli, 10_000_000, "darwin");
  const long = () => requireConfigRoom(cli, 131_058, "linux");
  expect(long).toThrow(
    `the stack's config has 131,058 bytes, and the language host of ${cli} hands on at most 131,057`,
  );
  await writeFile(join(folder, "program-config.cjs"), "");
  expect(long).not.toThrow();
});
