import { mkdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { markerFile, renderMarker } from "../clients/kit-marker.ts";
import { removeKits, writeKit } from "./kit-folder.ts";

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "naboom-mqtt-kit-"));
});

afterEach(() => rm(place, { recursive: true, force: true }));

const file = (name: string, content = name) => ({ name, purpose: "", content });
const kitOf = (...files: ReturnType<typeof file>[]) => [...files, renderMarker(files)];
const kit = kitOf(file("mqtt.env"), file("ca.crt"));
/** What is in the folder, by name. */
const contents = async () => {
  const names = (await readdir(place)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(place, name), "utf8")])),
  );
};
const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe("a kit's folder", () => {
  it("is made for its owner alone, as are the files, and nothing else is left there", async () => {
    const folder = join(place, "deep/kit");
    await writeKit(folder, kit, false);
    expect(await mode(folder)).toBe(0o700);
    expect((await readdir(folder)).sort()).toEqual([markerFile, "ca.crt", "mqtt.env"]);
    for (const name of await readdir(folder)) expect(await mode(join(folder, name))).toBe(0o600);
  });

  it("keeps its mode where it was there", async () => {
    await chmod(place, 0o755);
    await writeKit(place, kit, false);
    expect(await mode(place)).toBe(0o755);
  });

  it("keeps an earlier kit without --force, and says what it is", async () => {
    await writeKit(place, kitOf(file("ca.crt", "old")), false);
    const before = await contents();
    await expect(writeKit(place, kit, false)).rejects.toThrow(/has a kit already \(ca\.crt, .*--force/);
    expect(await contents()).toEqual(before);
  });

  it("loses with --force what belongs to an earlier kit, and nothing else", async () => {
    await writeKit(place, kitOf(file("client.py"), file("ca.crt", "old")), false);
    await writeFile(join(place, "package.json"), "mine");
    await writeKit(place, kit, true);
    const [, , marker] = kit;
    expect(await contents()).toEqual({
      ...{ "ca.crt": "ca.crt", "mqtt.env": "mqtt.env", "package.json": "mine" },
      [markerFile]: marker?.content,
    });
    await writeKit(place, kit, true);
  });

  it.each([false, true])("keeps files that no kit wrote, with --force: %s", async (force) => {
    const own = { ".gitignore": "dist", "client.py": "mine", "package.json": "{}", "requirements.txt": "a" };
    for (const [name, content] of Object.entries(own)) await writeFile(join(place, name), content);
    const names = Object.keys(own);
    const refused = writeKit(place, kitOf(...names.map((name) => file(name)), file("ca.crt")), force);
    await expect(refused).rejects.toThrow(
      /does not list as a kit's, \.gitignore, client\.py, package\.json, requirements\.txt, so they stay, also with --force, and nothing was written; choose another folder with --out/,
    );
    expect(await contents()).toEqual(own);
    await writeKit(place, kit, force);
    expect(await contents()).toMatchObject(own);
  });

  it("keeps what was changed since a kit wrote it, and is refused where the next one needs its name", async () => {
    await writeKit(place, kitOf(file("client.py"), file("ca.crt", "old")), false);
    await writeFile(join(place, "client.py"), "my own program");
    const before = await contents();
    await expect(writeKit(place, kitOf(file("client.py"), file("ca.crt")), true)).rejects.toThrow(
      /changed since a kit wrote them, client\.py, so they stay.*give them other names/,
    );
    expect(await contents()).toEqual(before);
    await writeKit(place, kit, true);
    expect(await contents()).toMatchObject({ "client.py": "my own program", "ca.crt": "ca.crt" });
  });

  it.each([
    ["that is none", "{}"],
    ["of another form", JSON.stringify({ files: { "ca.crt": true } })],
    ["without a form", "ca.crt"],
  ])("has a marker %s for somebody's own file", async (_, text) => {
    await writeFile(join(place, markerFile), text);
    await writeFile(join(place, "ca.crt"), "mine");
    await expect(writeKit(place, kit, true)).rejects.toThrow(
      /ca\.crt, \.naboom-mqtt-kit\.json, so they stay/,
    );
    expect(await contents()).toEqual({ [markerFile]: text, "ca.crt": "mine" });
  });

  it("lets a marker claim nothing outside of it, nor what no kit's file is called", async () => {
    await mkdir(join(place, "kit"));
    await writeFile(join(place, "outside"), "mine");
    await writeFile(join(place, "kit/notes"), "mine");
    const claimed = renderMarker([file("../outside", "mine"), file("notes", "mine")]);
    await writeFile(join(place, "kit", markerFile), claimed.content);
    await writeKit(join(place, "kit"), kit, true);
    expect(await readFile(join(place, "outside"), "utf8")).toBe("mine");
    expect(await readFile(join(place, "kit/notes"), "utf8")).toBe("mine");
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
    await writeKit(join(place, "kit"), kitOf(file("ca.crt", "old")), false);
    await expect(writeKit(join(place, "kit"), bad, true)).rejects.toThrow(/can't be written/);
    expect((await readdir(join(place, "kit"))).sort()).toEqual([markerFile, "ca.crt"]);
    expect(await readFile(join(place, "kit/ca.crt"), "utf8")).toBe("old");
  });

  it("puts an earlier kit back where something comes into a file's place meanwhile", async () => {
    await writeKit(place, kitOf(file("ca.crt", "old"), file("mqtt.env", "old")), false);
    const before = await contents();
    const late = {
      ...file("client.py"),
      get content() {
        mkdirSync(join(place, "client.py"), { recursive: true });
        return "late";
      },
    };
    await expect(writeKit(place, [...kit, late], true)).rejects.toThrow(/a file is in its place/);
    await rm(join(place, "client.py"), { recursive: true });
    expect(await contents()).toEqual(before);
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

describe("removing the kits of a stack", () => {
  it("leaves nothing of them, nor their folder", async () => {
    for (const name of ["web-env", "web-json"]) await writeKit(join(place, "dev", name), kit, false);
    expect(await removeKits(join(place, "dev"))).toEqual([]);
    expect(await readdir(place)).toEqual([]);
  });

  it("names what no kit has written, and what was changed since, which stay", async () => {
    await writeKit(join(place, "web-env"), kit, false);
    await writeFile(join(place, "web-env/mqtt.env"), "changed");
    await writeFile(join(place, "web-env/own.txt"), "own");
    await symlink("web-env", join(place, "link"));
    const paths = ["link", "web-env/mqtt.env", "web-env/own.txt"].map((name) => join(place, name));
    expect([...(await removeKits(place))].sort()).toEqual(paths);
    expect((await readdir(join(place, "web-env"))).sort()).toEqual(["mqtt.env", "own.txt"]);
  });

  it("is done where there are none", async () => {
    expect(await removeKits(join(place, "none"))).toEqual([]);
  });
});
