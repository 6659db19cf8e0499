import { mkdir, mkdtemp, readdir, readlink, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packCompressed } from "./archive.ts";
import {
  forgetRecordScript,
  NO_RECORD,
  publishMount,
  publishScript,
  readRecordScript,
  recordName,
} from "./delivery.ts";
import { swapScript } from "./earlier-revision.ts";
import { layout } from "./layout.ts";
import { digest } from "./revision.ts";
import { runOn } from "./trial-volume.ts";

let volume: string;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "naboom-mqtt-volume-"));
});

afterEach(() => rm(volume, { recursive: true }));

function run(script: string, ...args: readonly string[]) {
  return runOn(volume, script, ...args);
}

describe("the record of what is in force", () => {
  it("is printed as it is", async () => {
    await writeFile(join(volume, recordName), '{"users":{}}');
    expect(await run(readRecordScript)).toMatchObject({ exitCode: 0, stdout: '{"users":{}}' });
  });

  it("is not needed before a first revision is in force, whatever an update that was killed has left", async () => {
    await writeFile(join(volume, "rev-1"), "");
    expect(await run(readRecordScript)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  it("is missed where a revision is in force, until the config is accepted as it stands", async () => {
    await symlink("rev-1", join(volume, "current"));
    expect(await run(readRecordScript)).toMatchObject({ exitCode: NO_RECORD, stdout: "" });
    expect((await run(forgetRecordScript)).exitCode).toBe(0);
    expect(await run(readRecordScript)).toMatchObject({ exitCode: 0, stdout: "null" });
  });

  it("cannot be read without the volume", async () => {
    const script = readRecordScript.replaceAll(publishMount, join(volume, "absent"));
    expect((await execa("/bin/sh", ["-c", script], { reject: false })).exitCode).toBe(1);
  });

  it("is put there before the files are put in force", () => {
    const [record, current] = [`put ${layout.record} ${recordName}`, '".current-$1" current'];
    expect(publishScript.indexOf(record)).toBeGreaterThan(0);
    expect(publishScript.indexOf(current)).toBeGreaterThan(publishScript.indexOf(record));
  });
});

describe("publishing", () => {
  it("keeps the revision in force and two older ones, and puts an older one that is wanted again before them", async () => {
    for (const id of ["c", "a", "d", "b"]) await publish(id);
    expect(await revisions()).toEqual(["current -> rev-b", "rev-a", "rev-b", "rev-d"]);
    await publish("a");
    expect(await revisions()).toEqual(["current -> rev-a", "rev-a", "rev-b", "rev-d"]);
    await publish("e");
    expect(await revisions()).toEqual(["current -> rev-e", "rev-a", "rev-b", "rev-e"]);
  });

  it("removes what was gone back from, so that nobody goes back to it from what came in its place", async () => {
    for (const id of ["a", "b"]) await publish(id);
    expect((await run(swapScript, folderOf("b"), folderOf("a"))).exitCode).toBe(0);
    await publish("c");
    expect(await revisions()).toEqual(["current -> rev-c", "rev-a", "rev-c"]);
  });

  it("takes what was gone back from as it is where the config still asks for it", async () => {
    for (const id of ["a", "b"]) await publish(id);
    expect((await run(swapScript, folderOf("b"), folderOf("a"))).exitCode).toBe(0);
    await publish("b");
    expect(await revisions()).toEqual(["current -> rev-b", "rev-a", "rev-b"]);
  });

  it("refuses files that are not those that were proved, and leaves the volume as it was", async () => {
    await publish("a");
    const { exitCode, stderr } = await runPublish("b", idOf("c"));
    expect([exitCode, stderr]).toEqual([
      1,
      `the files have come as ${idOf("b")}, and ${idOf("c")} was proved`,
    ]);
    expect(await revisions()).toEqual(["current -> rev-a", "rev-a"]);
  });
});

let published = 0;

/** The id of a revision that is only an ACL file with this text. */
function idOf(text: string): string {
  return digest(["acl", text]);
}

function folderOf(text: string): string {
  return `rev-${idOf(text)}`;
}

/** Publishes a revision one second after the last one. */
async function publish(text: string): Promise<void> {
  const { exitCode, stderr } = await runPublish(text, idOf(text));
  expect(exitCode, stderr).toBe(0);
  published += 1;
  await utimes(join(volume, folderOf(text)), published, published);
}

/** Runs the publish script for real, but for the owner of files. */
async function runPublish(text: string, id: string) {
  const container = await mkdtemp(join(tmpdir(), "naboom-mqtt-publish-"));
  try {
    await writeFile(join(container, "chown"), "#!/bin/sh\n", { mode: 0o755 });
    const inside = join(container, "revisions");
    await mkdir(inside);
    const archive = await packCompressed([{ name: "acl", content: text, permissions: "0600" }]);
    await writeFile(layout.archive.replace(layout.revisions, inside), archive, "base64");
    const script = publishScript.replaceAll(publishMount, volume).replaceAll(layout.revisions, inside);
    const env = { PATH: `${container}${delimiter}${process.env.PATH}` };
    return await execa("/bin/sh", ["-c", script, "publish", id], { reject: false, env });
  } finally {
    await rm(container, { recursive: true });
  }
}

/** What is in the volume, by the texts that the revisions are of. */
async function revisions(): Promise<string[]> {
  const names = await readdir(volume);
  const texts = new Map(["a", "b", "c", "d", "e"].map((text) => [folderOf(text), `rev-${text}`]));
  const named = (name: string) => texts.get(name) ?? name;
  const current = named(await readlink(join(volume, "current")));
  return names.map((name) => (name === "current" ? `current -> ${current}` : named(name))).sort();
}
