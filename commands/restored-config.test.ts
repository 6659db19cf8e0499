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

describe("a stack's config that is to be written", () => {
  const salt = "encryptionsalt: v1:abc=\n";

  it("is left alone where somebody else has changed it since it was read, which is said", async () => {
    await writeFile(file, text);
    const config = await StackConfig.read("dev", folder);
    config.set(["users", "a", "generation"], 2);
    await writeFile(file, `${text}  naboom-mqtt:protect: true\n`);
    await expect(config.write()).rejects.toThrow(
      `${file} was changed by somebody else while this was at work`,
    );
    expect(await readFile(file, "utf8")).toBe(`${text}  naboom-mqtt:protect: true\n`);
  });

  it.each([
    ["loses the salt that Pulumi has taken out since", salt, "", false],
    ["keeps the salt of a backend of the user's own", salt, salt, true],
    ["gets no salt that Pulumi has put in since", "", salt, false],
  ])("%s", async (_, read, now, kept) => {
    await writeFile(file, text + read);
    const config = await StackConfig.read("dev", folder);
    config.set(["users", "a", "generation"], 2);
    await writeFile(file, text + now);
    await config.write();
    const written = await readFile(file, "utf8");
    expect(written).toContain("generation: 2");
    expect(written.includes(salt)).toBe(kept);
  });
});
