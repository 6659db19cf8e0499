import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseXml } from "@rgrove/parse-xml";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { summarize } from "../smoke-tests/proof.ts";
import { prepareJunitFile, writeJunitFile } from "./junit-file.ts";

const proof = summarize({ stack: "dev", broker: "naboom-mqtt-dev-broker", on: "twin", seconds: 1 }, []);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-junit-"));
  vi.stubEnv("INIT_CWD", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("the file of --junit", () => {
  it("is in the caller's folder, readable by everybody, and alone there", async () => {
    const file = await prepareJunitFile("report.xml");
    expect(file).toBe(join(folder, "report.xml"));
    await writeJunitFile(file, proof);
    parseXml(await readFile(file, "utf8"));
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(await readdir(folder)).toEqual(["report.xml"]);
  });

  it("of an earlier run is gone before anything is proved", async () => {
    await writeFile(join(folder, "report.xml"), "<testsuites/>");
    await prepareJunitFile("report.xml");
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["missing/report.xml", /^--junit missing\/report.xml can't be written \(ENOENT\).*: mkdir -p missing$/],
    ["a folder", /^--junit a folder can't be written \(it is no file\)/],
    ["pipe/report.xml", /^--junit pipe\/report.xml can't be written \(ENOTDIR\)/],
    ["null", /^--junit null can't be written \(it is no file\)/],
    ["", /^--junit '' can't be written/],
  ])("is refused in one sentence where it can't be written: %j", async (given, sentence) => {
    await mkdir(join(folder, "a folder"));
    await writeFile(join(folder, "pipe"), "");
    await symlink("/dev/null", join(folder, "null"));
    await expect(prepareJunitFile(given)).rejects.toThrow(sentence);
    await expect(prepareJunitFile(given)).rejects.not.toThrow(/\n/);
  });
});
