import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readProcessId, removeForeignId } from "./process-id-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "naboom-id-"));
  file = join(folder, "pid");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.runIf(process.platform === "linux")("a file with a process id", () => {
  test("names the daemon while that lives", async () => {
    const daemon = spawn("sleep", ["60"]);
    writeFileSync(file, `${daemon.pid}\n`);
    await expect.poll(() => readProcessId(file, "sleep")).toBe(daemon.pid);
    expect(removeForeignId(file, "sleep")).toBe(false);
    expect(existsSync(file)).toBe(true);
    daemon.kill();
    await once(daemon, "exit");
    expect(readProcessId(file, "sleep")).toBeUndefined();
    expect(removeForeignId(file, "sleep"), "one that is gone hinders nobody").toBe(false);
  });

  test("names nobody, and is removed, where its id has become another program's", () => {
    writeFileSync(file, String(process.pid));
    expect(readProcessId(file, "dockerd")).toBeUndefined();
    expect(removeForeignId(file, "dockerd")).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  test("names nobody, and is removed, where the daemon has ended and nobody has buried it", async () => {
    // `exec` makes the shell, which would bury its child, a program that does not.
    const parent = spawn("sh", ["-c", `sh -c 'echo $$ > ${file}; exec sleep 0.1' & exec sleep 60`]);
    await expect.poll(() => readProcessId(file, "sleep")).toBeGreaterThan(0);
    await expect.poll(() => readProcessId(file, "sleep")).toBeUndefined();
    expect(removeForeignId(file, "sleep")).toBe(true);
    parent.kill();
  });

  test.each([
    ["that is not there", undefined],
    ["that is empty", ""],
    ["with words", "dockerd"],
    ["with the id of a group", "-1"],
  ])("%s names nobody, and is left alone", (_case, text) => {
    if (text !== undefined) writeFileSync(file, text);
    expect(readProcessId(file, "dockerd")).toBeUndefined();
    expect(removeForeignId(file, "dockerd")).toBe(false);
  });
});
