import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pruneStateCopies, stateCopies } from "./state-copies.ts";

let folder: string;
const place = (kind: string, stack: string) => join(folder, ".pulumi", kind, "naboom-mqtt", stack);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-copies-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Copies as Pulumi names them, of so many updates, the newest of which has the highest number. */
async function copy(stack: string, updates: number): Promise<void> {
  for (const kind of ["backups", "history"]) await mkdir(place(kind, stack), { recursive: true });
  for (let update = 1; update <= updates; update += 1) {
    const time = 1_795_815_431_702_998_284n + BigInt(update) * 1_000_000_000n;
    const names = [
      ...[`.${time}.json`, `.${time}.json.gz.attrs`].map((end) => join(place("backups", stack), stack + end)),
      ...["history.json", "history.json.attrs", "checkpoint.json"].map((end) =>
        join(place("history", stack), `${stack}-${time}.${end}`),
      ),
    ];
    for (const name of names) await writeFile(name, "");
  }
}

describe("copies of a state", () => {
  test("of the last five updates are kept, each whole, and those of no other stack are counted", async () => {
    await copy("dev", 7);
    await copy("dev-2", 3);
    await writeFile(join(place("backups", "dev"), "notes.json"), "");
    const newest = (await readdir(place("history", "dev"))).sort().slice(-5 * 3);
    await pruneStateCopies(folder);
    expect((await readdir(place("history", "dev"))).sort()).toEqual(newest);
    expect(await readdir(place("backups", "dev"))).toHaveLength(5 * 2 + 1);
    expect(await readdir(place("history", "dev-2"))).toHaveLength(3 * 3);
  });

  test("are left alone where the folder is a link to elsewhere", async () => {
    await copy("dev", 7);
    await symlink(place("history", "dev"), place("history", "prod"));
    await rm(place("backups", "dev"), { recursive: true });
    const before = await readdir(place("history", "dev"));
    await symlink(join(folder, "elsewhere"), place("backups", "dev"));
    await mkdir(join(folder, "elsewhere"));
    for (const name of before) await writeFile(join(folder, "elsewhere", name), "");
    await pruneStateCopies(folder);
    expect(await readdir(join(folder, "elsewhere"))).toHaveLength(before.length);
  });

  test("are none before the first update, nor once they are removed", async () => {
    await pruneStateCopies(folder);
    expect(await stateCopies(folder, "dev")).toEqual([]);
    await mkdir(place("backups", "dev"), { recursive: true });
    expect(await stateCopies(folder, "dev")).toEqual([]);
    await copy("dev", 1);
    expect(await stateCopies(folder, "dev")).toEqual([place("backups", "dev"), place("history", "dev")]);
  });
});
