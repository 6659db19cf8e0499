import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProjectCopy } from "../testing/project-copy.ts";

let copy: ProjectCopy;

beforeAll(async () => {
  copy = await ProjectCopy.create();
}, 60_000);

afterAll(() => copy.remove());

describe.each([["up"], ["rotate", "all"]])("npm run %s", (...words) => {
  it("names what Pulumi could not read, and every other mistake, before it looks for Docker or Pulumi", async () => {
    const { exitCode, stderr } = await run(
      words,
      'config:\n  naboom-mqtt:users: { web: { read: ["\\uD800x", "a#"] } }\n  naboom-mqtt:protect: 7\n',
    );
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain("the config of stack trial has 3 mistakes");
    for (const part of ["line 2 has the escape \\uD800", "protect is 7", 'is "a#"'])
      expect(stderr).toContain(part);
    expect(stderr.trim().split("\n").length).toBe(4);
  }, 60_000);
});

describe.each([["down", "--yes"], ["smoke"]])("npm run %s", (...words) => {
  it("names the file and the line that are not UTF-8, and starts nothing", async () => {
    const { exitCode, stderr } = await run(words, Buffer.from("config:\n  # caf\u00e9\n", "latin1"));
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/^error: \S+Pulumi\.trial\.yaml is not UTF-8 in line 2 \(the byte 0xE9\)/);
  }, 60_000);
});

/** Runs a command where neither Docker nor Pulumi can be found, so that its first word would be about them. */
async function run([command = "", ...args]: readonly string[], config: string | Buffer) {
  await writeFile(join(copy.folder, "Pulumi.trial.yaml"), config);
  const main = join(copy.folder, "toolchain", "start.mjs");
  return await execa(execPath, [main, command, "--stack", "trial", ...args], {
    cwd: copy.folder,
    env: { HOME: copy.folder, PATH: copy.folder },
    extendEnv: false,
    reject: false,
  });
}
