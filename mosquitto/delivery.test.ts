import { mkdir, mkdtemp, readdir, readlink, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packFiles } from "./archive.ts";
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
    expect((await run(swapScript, "rev-b", "rev-a")).exitCode).toBe(0);
    await publish("c");
    expect(await revisions()).toEqual(["current -> rev-c", "rev-a", "rev-c"]);
  });

  it("takes what was gone back from as it is where the config still asks for it", async () => {
    for (const id of ["a", "b"]) await publish(id);
    expect((await run(swapScript, "rev-b", "rev-a")).exitCode).toBe(0);
    await publish("b");
    expect(await revisions()).toEqual(["current -> rev-b", "rev-a", "rev-b"]);
  });
});

let published = 0;

/** Runs the publish script for real, with a broker that takes everything, and one second after the last one. */
async function publish(id: string): Promise<void> {
  const container = await mkdtemp(join(tmpdir(), "naboom-mqtt-publish-"));
  try {
    for (const program of ["mosquitto", "mosquitto_sub", "chown"]) {
      await writeFile(join(container, program), "#!/bin/sh\n", { mode: 0o755 });
    }
    const inside = join(container, "revisions");
    await mkdir(inside);
    const archive = await packFiles([{ name: "acl", content: id, permissions: "0600" }]);
    await writeFile(layout.archive.replace(layout.revisions, inside), archive, "base64");
    const script = publishScript
      .replaceAll(publishMount, volume)
      .replaceAll(layout.revisions, inside)
      .replaceAll("/tmp/exited", join(container, "exited"));
    const env = { PATH: `${container}${delimiter}${process.env.PATH}` };
    const { exitCode, stderr } = await execa("/bin/sh", ["-c", script, "publish", id], {
      reject: false,
      env,
    });
    expect(exitCode, stderr).toBe(0);
    published += 1;
    await utimes(join(volume, `rev-${id}`), published, published);
  } finally {
    await rm(container, { recursive: true });
  }
}

/** What is in the volume, by name. */
async function revisions(): Promise<string[]> {
  const names = await readdir(volume);
  const current = await readlink(join(volume, "current"));
  return names.sort().map((name) => (name === "current" ? `current -> ${current}` : name));
}
