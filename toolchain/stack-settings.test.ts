import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepSettings, settingsToKeep } from "./stack-settings.ts";

const SALT = "encryptionsalt: v1:V67lEtbCYbs=:v1:VuoUB4OpvRqmVHUs:6B5MQAQ+uQ==\n";
const COMMITTED = "# why\nconfig:\n  naboom-mqtt:port: 8883 # the document's\n";
/** How Pulumi writes the same settings. */
const REWRITTEN = `# why\nconfig:\n  naboom-mqtt:port: "8883" # the document's\n${SALT}`;

describe("a stack's settings after a run of Pulumi", () => {
  it("are the old bytes if only the salt and the spelling changed", () => {
    expect(settingsToKeep(REWRITTEN, COMMITTED)).toBe(COMMITTED);
  });

  it("keep what the user has set, without the salt", () => {
    const set = REWRITTEN.replace("8883", "8884");
    expect(settingsToKeep(set, COMMITTED)).toBe(set.replace(SALT, ""));
  });

  it("keep an encrypted setting", () => {
    const text = `config:\n  a:b:\n    secure: v1:abc:def\n${SALT}`;
    expect(settingsToKeep(text, undefined)).toBe("config:\n  a:b:\n    secure: v1:abc:def\n");
  });

  it("are no file if Pulumi made one for the salt alone", () => {
    expect(settingsToKeep(SALT, undefined)).toBeUndefined();
    expect(settingsToKeep(SALT, "")).toBe("");
  });

  it("lose a salt that an interrupted run has left", () => {
    expect(settingsToKeep(`${COMMITTED}${SALT}`, `${COMMITTED}${SALT.replace("v1", "v2")}`)).toBe(COMMITTED);
  });

  it("are left alone if Pulumi left them alone", () => {
    expect(settingsToKeep(COMMITTED, COMMITTED)).toBe(COMMITTED);
    expect(settingsToKeep(REWRITTEN, REWRITTEN)).toBe(REWRITTEN);
  });
});

describe("keeping the settings", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "naboom-settings-"));
    await writeFile(join(folder, "Pulumi.yaml"), "name: x\n");
    await writeFile(join(folder, "Pulumi.dev.yaml"), COMMITTED);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("leaves the folder as it was, also if the run fails", async () => {
    const run = keepSettings(folder, async () => {
      await writeFile(join(folder, "Pulumi.dev.yaml"), REWRITTEN);
      await writeFile(join(folder, "Pulumi.smoke.yaml"), SALT);
      throw new Error("no");
    });
    await expect(run).rejects.toThrow("no");
    expect((await readdir(folder)).sort()).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
    expect(await readFile(join(folder, "Pulumi.dev.yaml"), "utf8")).toBe(COMMITTED);
  });

  it("leaves the folder as it was when runs for several stacks end at the same time", async () => {
    const stacks = Array.from({ length: 30 }, (_, place) => join(folder, `Pulumi.stack-${place}.yaml`));
    await Promise.all(stacks.map((file) => keepSettings(folder, () => writeFile(file, SALT))));
    expect((await readdir(folder)).sort()).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
  });

  it("leaves another stack's file alone, which its user may have changed meanwhile", async () => {
    const edited = `# edited\n${REWRITTEN}`;
    const run = async () => {
      await writeFile(join(folder, "Pulumi.dev.yaml"), edited);
      await writeFile(join(folder, "Pulumi.smoke.yaml"), SALT);
    };
    await keepSettings(folder, run, "smoke");
    expect((await readdir(folder)).sort()).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
    expect(await readFile(join(folder, "Pulumi.dev.yaml"), "utf8")).toBe(edited);
  });

  it.each([
    ["takes out, before the run, a salt that a killed one has left", COMMITTED, COMMITTED],
    [
      "leaves the salt to a secret that may need it",
      "config:\n  a:b:\n    secure: v1:abc:def\n",
      `config:\n  a:b:\n    secure: v1:abc:def\n${SALT}`,
    ],
  ])("%s", async (_, settings, expected) => {
    const file = join(folder, "Pulumi.dev.yaml");
    await writeFile(file, settings + SALT);
    expect(await keepSettings(folder, () => readFile(file, "utf8"), "dev")).toBe(expected);
    expect(await readFile(file, "utf8")).toBe(expected);
  });

  it("gives what the run gives", async () => {
    expect(await keepSettings(folder, async () => 42)).toBe(42);
  });
});
