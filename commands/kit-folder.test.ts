import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeKit } from "./kit-folder.ts";

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "naboom-mqtt-kit-"));
});

afterEach(() => rm(place, { recursive: true, force: true }));

const file = (name: string, content = name) => ({ name, purpose: "", content });
const kit = [file("mqtt.env"), file("ca.crt")];
const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe("a kit's folder", () => {
  it("is made for its owner alone, as are the files, and nothing else is left there", async () => {
    const folder = join(place, "deep/kit");
    await writeKit(folder, kit, false);
    expect(await mode(folder)).toBe(0o700);
    expect((await readdir(folder)).sort()).toEqual(["ca.crt", "mqtt.env"]);
    expect(await mode(join(folder, "mqtt.env"))).toBe(0o600);
  });

  it("keeps what is there without --force, and says what it is", async () => {
    await writeFile(join(place, "ca.crt"), "mine");
    await expect(writeKit(place, kit, false)).rejects.toThrow(/has ca\.crt already.*--force/);
    expect(await readdir(place)).toEqual(["ca.crt"]);
    expect(await readFile(join(place, "ca.crt"), "utf8")).toBe("mine");
  });

  it("loses with --force what belongs to an earlier kit, and nothing else", async () => {
    await writeKit(place, [file("client.py"), file("ca.crt", "old")], false);
    await writeFile(join(place, "notes.txt"), "mine");
    await writeKit(place, kit, true);
    expect((await readdir(place)).sort()).toEqual(["ca.crt", "mqtt.env", "notes.txt"]);
    expect(await readFile(join(place, "ca.crt"), "utf8")).toBe("ca.crt");
  });

  it("never has its files written through a link, nor a folder taken for a file", async () => {
    await writeFile(join(place, "elsewhere"), "mine");
    await mkdir(join(place, "linked"));
    await symlink(join(place, "elsewhere"), join(place, "linked/ca.crt"));
    await expect(writeKit(join(place, "linked"), kit, true)).rejects.toThrow(/ca\.crt is no file/);
    expect(await readFile(join(place, "elsewhere"), "utf8")).toBe("mine");
    await mkdir(join(place, "taken/ca.crt"), { recursive: true });
    await expect(writeKit(join(place, "taken"), kit, true)).rejects.toThrow(/ca\.crt is no file/);
  });

  it("is not there, or is as it was, after a file that could not be written", async () => {
    const bad = [...kit, file("x".repeat(300))];
    await expect(writeKit(join(place, "a/b"), bad, false)).rejects.toThrow(
      /can't be written \(a name is too long\)/,
    );
    expect(await readdir(place)).toEqual([]);
    await writeKit(join(place, "kit"), [file("ca.crt", "old")], false);
    await expect(writeKit(join(place, "kit"), bad, true)).rejects.toThrow(/can't be written/);
    expect(await readdir(join(place, "kit"))).toEqual(["ca.crt"]);
    expect(await readFile(join(place, "kit/ca.crt"), "utf8")).toBe("old");
  });

  it("puts an earlier kit back where a file can't be put in its place", async () => {
    await writeKit(place, [file("ca.crt", "old"), file("mqtt.env", "old")], false);
    await mkdir(join(place, "other/full"), { recursive: true });
    await expect(writeKit(place, [...kit, file("other")], true)).rejects.toThrow();
    expect((await readdir(place)).sort()).toEqual(["ca.crt", "mqtt.env", "other"]);
    expect(await readFile(join(place, "mqtt.env"), "utf8")).toBe("old");
  });

  it("can't be inside a file, nor where nobody may write", async () => {
    await writeFile(join(place, "file"), "");
    await expect(writeKit(join(place, "file/kit"), kit, false)).rejects.toThrow(
      /can't be written \(a file is in its way\)/,
    );
    await expect(writeKit(join(place, "file"), kit, false)).rejects.toThrow(/can't be written/);
    await expect(writeKit("/proc/kit", kit, false)).rejects.toThrow(/can't be written/);
  });
});
