import { cp, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { djangoFolder } from "../clients/environment.ts";
import { type CommandEnd, KitStage } from "../clients/kit-stage.ts";
import { storedTexts } from "../examples/django/service-process.ts";
import { projectFolder } from "../toolchain/project.ts";

let stage: KitStage;

beforeAll(async () => {
  stage = await KitStage.create(inject("workbench"));
}, 600_000);

afterAll(() => stage?.remove());

describe("a kit that can't be written", () => {
  it.each<[string, string, string, RegExp]>([
    [
      "an unknown user",
      "unknown",
      "paho",
      /has no user "unknown"; there is .*\bweb\b.*: add one to Pulumi\./,
    ],
    ["a user of Object's own names", "constructor", "paho", /has no user "constructor"/],
    [
      "a user without mqtt and mqtts",
      "browser",
      "aiomqtt",
      /may log in on wss alone, and a client for aiomqtt needs mqtts or mqtt/,
    ],
    ["a user without a right", "nobody", "mosquitto", /has no right to read or to write any topic, so mosq/],
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
    const stay = (name: string) => new RegExp(`, ${name}, so they stay, also with --force.*choose another`);
    for (const force of [[], ["--force"]]) {
      const env = await stage.client("web", "--for", "env", "--out", place, ...force);
      await expectRefused(env, stay("\\.gitignore"));
      const mqttjs = await stage.client("web", "--for", "mqttjs", "--out", place, ...force);
      await expectRefused(mqttjs, stay("package\\.json"));
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

describe("what is printed with a kit", () => {
  it("for django has steps that run as they are printed, from an empty folder", {
    timeout: 400_000,
  }, async () => {
    const place = join(stage.folder, "it's for Django");
    const { exitCode, output } = await stage.client("web", "--for", "django", "--out", place);
    expect(exitCode, output).toBe(0);
    const [folder, ...steps] = printedSteps(output);
    expect(folder).toMatch(/^cd .*examples\/django$/);
    // The example's own sources, elsewhere: the steps make a .venv and a database beside them.
    const copy = join(stage.folder, "copied-example");
    const { stdout: sources } = await execa({ cwd: djangoFolder })`git ls-files`;
    for (const name of sources.split("\n")) await cp(join(djangoFolder, name), join(copy, name));
    const script = [`cd ${copy}`, ...steps.slice(0, -1), `exec ${steps.at(-1)}`].join("\n");
    const empty = await mkdtemp(join(stage.folder, "empty-"));
    const service = execa("sh", ["-e", "-c", script], { cwd: empty, all: true, reject: false });
    let said = "";
    service.all.on("data", (chunk) => {
      said += chunk;
    });
    const connected = () => service.exitCode !== null || said.includes('"event": "connected"');
    await expect.poll(connected, { timeout: 300_000 }).toBe(true);
    const database = { SQLITE_FILE: join(copy, "db.sqlite3") };
    const copied = { python: stage.programs.aiomqtt.command, environment: database };
    await stage.witness.publish("naboom/community/steps", "by the printed steps");
    await expect.poll(() => storedTexts(copied), { timeout: 60_000 }).toContain("printed steps");
    service.kill("SIGTERM");
    const end = await service;
    expect(end.exitCode, said).toBe(0);
    expectNoSecret(output + said);
  });

  it("for mosquitto offers only what the user may do", async () => {
    const scripts = async (user: string) => {
      const place = join(stage.folder, `offered-to-${user}`);
      const { output } = await stage.client(user, "--for", "mosquitto", "--out", place);
      return [(await readdir(place)).filter((name) => name.endsWith(".sh")), printedSteps(output).slice(1)];
    };
    expect(await scripts("reader")).toEqual([["subscribe.sh"], ["sh subscribe.sh # prints what arrives"]]);
    expect(await scripts("writer")).toEqual([["publish.sh"], ["sh publish.sh # publishes a message"]]);
  });
});

/** What the command prints under Next, for a shell. */
function printedSteps(output: string): readonly string[] {
  const [, steps = ""] = output.split(/^Next$/m);
  return steps
    .trim()
    .split("\n")
    .map((line) => line.trim().replace(/ +# /, " # "));
}

async function expectRefused({ exitCode, output }: CommandEnd, sentence: RegExp): Promise<void> {
  expect(output.split("\n").filter((line) => line.startsWith("error:"))).toHaveLength(1);
  expect(output).toMatch(sentence);
  expect(output).not.toMatch(/^\s+at /m);
  expect(exitCode).toBe(2);
  expectNoSecret(output);
}

function expectNoSecret(output: string): void {
  for (const { password } of Object.values(stage.outputs.credentials)) expect(output).not.toContain(password);
}
