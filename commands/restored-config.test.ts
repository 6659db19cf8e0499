import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { StackConfig } from "./stack-config.ts";

const folder = mkdtempSync(join(tmpdir(), "naboom-mqtt-config-"));

afterAll(() => rm(folder, { recursive: true }));

const text = "config:\n  # ours\n  naboom-mqtt:users: { a: { read:   [naboom/#] } }\n";
const file = join(folder, "Pulumi.dev.yaml");

async function changed() {
  const config = await StackConfig.read("dev", folder);
  config.set(["users", "a", "generation"], 2);
  config.set(["users", "a", "read"], ["naboom/#"]);
  await config.write();
  return config;
}

describe("a stack's config that was changed", () => {
  it("is put back letter by letter", async () => {
    await writeFile(file, text);
    const config = await changed();
    expect(await readFile(file, "utf8")).toContain("generation: 2");
    expect(await config.restore()).toBe(true);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("is left alone where somebody else has changed it since", async () => {
    await writeFile(file, text);
    const config = await changed();
    const edited = `${await readFile(file, "utf8")}  naboom-mqtt:protect: true\n`;
    await writeFile(file, edited);
    expect(await config.restore()).toBe(false);
    expect(await readFile(file, "utf8")).toBe(edited);
  });

  it("is removed where there was none", async () => {
    await rm(file, { force: true });
    const config = await changed();
    expect(await config.restore()).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });
});
