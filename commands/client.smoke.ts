import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type CommandEnd, KitStage } from "../clients/kit-stage.ts";
import { projectFolder } from "../toolchain/project.ts";

let stage: KitStage;

beforeAll(async () => {
  stage = await KitStage.create(inject("workbench"));
}, 600_000);

afterAll(() => stage?.remove());

describe("a kit that can't be written", () => {
  it.each<[string, string, string, RegExp]>([
    ["an unknown user", "nobody", "paho", /has no user "nobody"; there is .*\bweb\b.*: add one to Pulumi\./],
    ["a user of Object's own names", "constructor", "paho", /has no user "constructor"/],
    [
      "a user without mqtt and mqtts",
      "browser",
      "aiomqtt",
      /may log in on wss alone, and a client for aiomqtt needs mqtts or mqtt/,
    ],
    ["an unknown kind", "web", "rust", /Allowed choices are env, django, /],
  ])("for %s is one sentence, exit code 2, and no folder", async (_, user, kind, sentence) => {
    await expectRefused(
      await stage.client(user, "--for", kind, "--out", join(stage.folder, "refused")),
      sentence,
    );
    await expect(stat(join(stage.folder, "refused"))).rejects.toThrow("ENOENT");
  });

  it("in a folder that has one is refused, and the one there stays", async () => {
    const place = await stage.makeKit("witness", "paho", "there");
    const before = await readFile(join(place, "connection.json"), "utf8");
    await expectRefused(
      await stage.client("web", "--for", "paho", "--out", place),
      /has a kit already \(.*connection\.json.*replace it with --force/,
    );
    expect(await readFile(join(place, "connection.json"), "utf8")).toBe(before);
    const { exitCode, output } = await stage.client("web", "--for", "env", "--out", place, "--force");
    expect(exitCode, output).toBe(0);
    expect((await readdir(place)).sort()).toEqual([
      ...[".gitignore", ".naboom-mqtt-kit.json", "ca.crt", "mqtt.env"],
    ]);
  });

  it("over somebody's own files is refused, with --force too, and they stay", async () => {
    const place = await mkdtemp(join(stage.folder, "own-"));
    await writeFile(join(place, "package.json"), "mine");
    const beside = await stage.client("web", "--for", "env", "--out", place);
    expect(beside.exitCode, beside.output).toBe(0);
    await writeFile(join(place, ".gitignore"), "dist");
    const before = await readdir(place);
    for (const kind of ["env", "mqttjs"]) {
      for (const force of [[], ["--force"]]) {
        await expectRefused(
          await stage.client("web", "--for", kind, "--out", place, ...force),
          /\.gitignore.*, so they stay, also with --force, and nothing was written; choose another/,
        );
      }
    }
    expect(await readdir(place)).toEqual(before);
    expect(await readFile(join(place, "package.json"), "utf8")).toBe("mine");
    expect(await readFile(join(place, ".gitignore"), "utf8")).toBe("dist");
  });

  it("for an empty --out is refused, and nothing comes into the caller's folder", async () => {
    const before = await readdir(projectFolder);
    await expectRefused(await stage.client("web", "--for", "env", "--out", ""), /--out is empty; give/);
    expect(await readdir(projectFolder)).toEqual(before);
  });

  it("below a file, or where nobody may write, is refused", async () => {
    await writeFile(join(stage.folder, "file"), "");
    await expectRefused(
      await stage.client("web", "--for", "env", "--out", join(stage.folder, "file/kit")),
      /a file is in its way/,
    );
    await expectRefused(await stage.client("web", "--for", "env", "--out", "/proc/kit"), /can't be written/);
    await expectRefused(
      await stage.client("web", "--for", "env", "--out", join(stage.folder, "a'b")),
      /can't hold a path with a quote/,
    );
  });

  it("for a broker that is away is refused", async () => {
    await execa`docker stop ${stage.outputs.broker.container}`;
    try {
      await expectRefused(
        await stage.client("witness", "--for", "paho", "--out", join(stage.folder, "away")),
        /can't log in on mqtts:.*so nothing was written/,
      );
      await expect(stat(join(stage.folder, "away"))).rejects.toThrow("ENOENT");
    } finally {
      await execa`docker start ${stage.outputs.broker.container}`;
    }
  });

  it("for a stack that is not up is refused", async () => {
    const result = await stage.client(
      "web",
      "--for",
      "paho",
      "--out",
      join(stage.folder, "down"),
      "--stack",
      "not-there",
    );
    await expectRefused(
      result,
      /stack not-there is not up; bring it up with: npm run up -- --stack not-there/,
    );
  });
});

async function expectRefused({ exitCode, output }: CommandEnd, sentence: RegExp): Promise<void> {
  expect(output.split("\n").filter((line) => line.startsWith("error:"))).toHaveLength(1);
  expect(output).toMatch(sentence);
  expect(output).not.toMatch(/^\s+at /m);
  expect(exitCode).toBe(2);
  for (const { password } of Object.values(stage.outputs.credentials)) expect(output).not.toContain(password);
}
