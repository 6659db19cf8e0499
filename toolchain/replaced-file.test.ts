import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceFile } from "./replaced-file.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-replaced-"));
  file = join(folder, "config.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

describe("a file that is replaced", () => {
  it("has the new text and its old permissions, and nothing else is left", async () => {
    await writeFile(file, "old");
    await chmod(file, 0o640);
    await replaceFile(file, "new");
    expect(await readFile(file, "utf8")).toBe("new");
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(["config.yaml"]);
  });

  it("is made where there was none", async () => {
    await replaceFile(file, "new");
    expect(await readFile(file, "utf8")).toBe("new");
  });

  it("stays where a link leads", async () => {
    await mkdir(join(folder, "elsewhere"));
    await writeFile(join(folder, "elsewhere", "text"), "old");
    await symlink("elsewhere/text", file);
    await replaceFile(file, "new");
    expect(await readFile(join(folder, "elsewhere", "text"), "utf8")).toBe("new");
  });

  it("in a folder that others can write to is not written through a link that was put there", async () => {
    await writeFile(join(folder, "theirs"), "theirs");
    await symlink("theirs", `${file}.${process.pid}.new`);
    await replaceFile(file, "new");
    expect(await readFile(join(folder, "theirs"), "utf8")).toBe("theirs");
  });

  it("is named where it cannot be written, and nothing half-done is left", async () => {
    await mkdir(file);
    await expect(replaceFile(file, "new")).rejects.toThrow(`${file} cannot be written (EISDIR), and is as`);
    expect(await readdir(folder)).toEqual(["config.yaml"]);
  });
});
