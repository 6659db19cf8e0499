import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder, entryName, findEntry, makeEntry } from "./cache.ts";
import { asPlainUser, giveToPlainUser } from "./plain-user.ts";
import { UserError } from "./user-error.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the cache's folder", () => {
  it("is the user's, or follows XDG_CACHE_HOME, or is below ~/.cache", () => {
    expect(cacheFolder({ NABOOM_MQTT_CACHE: "/own", XDG_CACHE_HOME: "/xdg", HOME: "/home/me" })).toBe("/own");
    expect(cacheFolder({ XDG_CACHE_HOME: "/xdg", HOME: "/home/me" })).toBe("/xdg/naboom-mqtt");
    expect(cacheFolder({ HOME: "/home/me" })).toBe("/home/me/.cache/naboom-mqtt");
    expect(cacheFolder({ NABOOM_MQTT_CACHE: "", XDG_CACHE_HOME: "", HOME: "/home/me" })).toBe(
      "/home/me/.cache/naboom-mqtt",
    );
  });
});

describe("an entry's name", () => {
  const recipe = () => ({ name: "thing", version: "1.2.3", sources: [folder], flags: ["-fast"] });

  it("tells name, version and platform, and stays while nothing changes", async () => {
    await writeFile(join(folder, "main.go"), "package main");
    const name = await entryName(recipe());
    expect(name).toMatch(new RegExp(`^thing-1\\.2\\.3-${process.platform}-${process.arch}-[0-9a-f]{16}$`));
    expect(await entryName(recipe())).toBe(name);
  });

  it("changes with a file's content, a file's name, a file in a subfolder, and a flag", async () => {
    const names = new Set<string>();
    const note = async (flags = ["-fast"]) => names.add(await entryName({ ...recipe(), flags }));
    await writeFile(join(folder, "a"), "one");
    await note();
    await writeFile(join(folder, "a"), "two");
    await note();
    await rm(join(folder, "a"));
    await writeFile(join(folder, "b"), "two");
    await note();
    await mkdir(join(folder, "deep"));
    await writeFile(join(folder, "deep", "c"), "");
    await note();
    await note(["-slow"]);
    expect(names.size).toBe(5);
  });
});

describe("making an entry", () => {
  it("leaves nothing that looks finished when it fails, and the next run makes it", async () => {
    const broken = makeEntry(folder, "thing", async (at) => {
      await writeFile(join(at, "half"), "");
      throw new Error("interrupted");
    });
    await expect(broken).rejects.toThrow("interrupted");
    expect(await readdir(folder)).toEqual([]);
    expect(await findEntry(folder, "thing")).toBeUndefined();
    await makeEntry(folder, "thing", (at) => writeFile(join(at, "whole"), ""));
    expect(await findEntry(folder, "thing")).toBe(join(folder, "thing"));
  });

  it("is not taken for finished while it goes on", async () => {
    await makeEntry(folder, "thing", async () => {
      expect(await findEntry(folder, "thing")).toBeUndefined();
    });
  });

  it("twice at once gives both the entry of the first to be done", async () => {
    const make = (text: string, wait: number) =>
      makeEntry(folder, "thing", async (at) => {
        await new Promise((resolve) => setTimeout(resolve, wait));
        await writeFile(join(at, "text"), text);
      });
    const entries = await Promise.all([make("slow", 60), make("fast", 5)]);
    expect(new Set(entries).size).toBe(1);
    expect(await readFile(join(folder, "thing", "text"), "utf8")).toBe("fast");
    expect(await readdir(folder)).toEqual(["thing"]);
  });

  it("removes what a run that was ended has left a day ago, but not one that may still go on", async () => {
    for (const name of [".unfinished-old", ".unfinished-new"]) await mkdir(join(folder, name));
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(folder, ".unfinished-old"), yesterday, yesterday);
    await makeEntry(folder, "thing", async () => {});
    expect((await readdir(folder)).sort()).toEqual([".unfinished-new", "thing"]);
  });
});

describe("a cache that is not for this user", () => {
  const failure = async (work: () => Promise<unknown>) => {
    const error = await asPlainUser(work).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  };
  const owned = async (name: string, mode: number) => {
    const at = join(folder, name);
    await mkdir(at);
    await chmod(at, mode);
    return at;
  };
  beforeEach(() => chmod(folder, 0o755));

  it("is told with the commands that mend it, whether it is there or can't be made", async () => {
    const cache = await owned("cache", 0o555);
    const own = "or set NABOOM_MQTT_CACHE to another folder";
    expect(await failure(() => makeEntry(cache, "thing", async () => {}))).toContain(
      `run \`sudo chown -R "$(id -u)" ${cache}\`, ${own}`,
    );
    const below = join(cache, "naboom-mqtt");
    expect(await failure(() => makeEntry(below, "thing", async () => {}))).toContain(
      `run \`sudo mkdir -p ${below} && sudo chown -R "$(id -u)" ${below}\`, ${own}`,
    );
  });

  it("that can't be made since a file is there, or above it, is told as such", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    for (const cache of [file, join(file, "naboom-mqtt")])
      expect(await failure(() => makeEntry(cache, "thing", async () => {}))).toMatch(
        /file(\/naboom-mqtt)? can't be made \(E\w+\): set NABOOM_MQTT_CACHE to another folder\.$/,
      );
  });

  it("is told before an entry is used that can't be read", async () => {
    await owned("thing", 0o000);
    expect(await failure(() => findEntry(folder, "thing"))).toMatch(/chown -R .* NABOOM_MQTT_CACHE/);
  });

  it.runIf(getuid?.() === 0)(
    "is not used if another user has made it, nor is an entry that another has put there",
    async () => {
      const cache = await owned("cache", 0o755);
      await makeEntry(cache, "thing", async () => {});
      await giveToPlainUser(join(cache, "thing"));
      const words = "belongs to another user (uid 65534), so nothing in it is used";
      await expect(findEntry(cache, "thing")).rejects.toThrow(`${cache}/thing ${words}`);
      await rm(join(cache, "thing"), { recursive: true });
      await giveToPlainUser(cache);
      await expect(makeEntry(cache, "thing", async () => {})).rejects.toThrow(`${cache} ${words}`);
      await mkdir(join(cache, "thing"));
      await expect(findEntry(cache, "thing")).rejects.toThrow(`${cache} ${words}`);
    },
  );

  it("is closed to others where a generous umask has left it open, and a link to it is a choice", async () => {
    const cache = await owned("cache", 0o777);
    await symlink(cache, join(folder, "link"));
    await makeEntry(join(folder, "link"), "thing", async () => {});
    expect((await stat(cache)).mode & 0o777).toBe(0o755);
    expect(await findEntry(join(folder, "link"), "thing")).toBeDefined();
  });

  it("keeps what was left in it and can't be removed, and an entry is made all the same", async () => {
    const left = await owned(".unfinished-old", 0o755);
    await writeFile(join(left, "file"), "");
    await chmod(left, 0o555);
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(left, yesterday, yesterday);
    await giveToPlainUser(folder);
    await asPlainUser(() => makeEntry(folder, "thing", async () => {}));
    expect((await readdir(folder)).sort()).toEqual([".unfinished-old", "thing"]);
    await chmod(left, 0o755);
  });
});
