import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  forgetRecordScript,
  NO_RECORD,
  publishMount,
  publishScript,
  readRecordScript,
  recordName,
} from "./delivery.ts";

let volume: string;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "naboom-mqtt-volume-"));
});

afterEach(() => rm(volume, { recursive: true }));

function run(script: string) {
  return execa("/bin/sh", ["-c", script.replaceAll(publishMount, volume)], { reject: false });
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
    const [record, current] = [`.partial-record ${recordName}`, '".current-$1" current'];
    expect(publishScript.indexOf(record)).toBeGreaterThan(0);
    expect(publishScript.indexOf(current)).toBeGreaterThan(publishScript.indexOf(record));
  });
});
