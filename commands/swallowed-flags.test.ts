import { mkdir, readdir, realpath, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execPath } from "node:process";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProjectCopy } from "../testing/project-copy.ts";

let copy: ProjectCopy;
let npm: string;

/** A project with the stack prod, where a shell and Node.js can be found, and neither Docker nor Pulumi. */
beforeAll(async () => {
  copy = await ProjectCopy.create();
  await writeFile(join(copy.folder, "Pulumi.prod.yaml"), "config: {}\n");
  await mkdir(join(copy.folder, "bin"));
  await symlink(execPath, join(copy.folder, "bin/node"));
  await symlink(await find("sh"), join(copy.folder, "bin/sh"));
  npm = await find("npm");
}, 60_000);

afterAll(() => copy.remove());

async function find(program: string): Promise<string> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = await realpath(join(folder, program)).catch(() => undefined);
    if (path !== undefined) return path;
  }
  throw new Error(`there is no ${program} in PATH`);
}

/** Runs `npm run …` with the real npm. */
async function run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const environment = {
    HOME: copy.folder,
    PATH: join(copy.folder, "bin"),
    npm_config_update_notifier: "false",
  };
  return await execa(execPath, [npm, "run", "-s", ...words], {
    cwd: copy.folder,
    env: { ...environment, ...env },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
}

/** The refusals are what start.mjs says last; a `.state` or a `kits` would tell of anything that was done. */
async function advice(words: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await run(words);
  expect(exitCode, stderr).toBe(2);
  expect((await readdir(copy.folder)).filter((name) => [".state", "kits"].includes(name))).toEqual([]);
  const [, kept, command] =
    /^error: npm has kept (.*) for itself, .* so nothing was done: (.*)$/.exec(stderr) ?? [];
  expect(kept, stderr).toBeDefined();
  return command ?? "";
}

describe("a flag that npm has kept", () => {
  test.each([
    ["rotate all --stack=prod", "npm run rotate -- --stack prod all"],
    ["rotate all --stack prod", "npm run rotate -- --stack prod all"],
    ["rotate users web --stack prod", "npm run rotate -- --stack prod users web"],
    ["rotate --stack prod users web", "npm run rotate -- --stack prod users web"],
    ["rotate users web --stack other", "npm run rotate -- --stack STACK users web other"],
    ["rotate ca --finish", "npm run rotate -- --finish ca"],
    ["down --keep-data -- --yes", "npm run down -- --keep-data --yes"],
    ["down --keepdata -- --yes", "npm run down -- --keep-data --yes"],
    ["up --no-install --stak=prod", "npm run up -- --no-install --stack prod"],
    ["client web --for env --out=a", "npm run client -- --for env --out a web"],
    ["access explain web --client-id=a", "npm run access -- --client-id a explain web"],
    ["pulumi --stack=prod destroy", "npm run pulumi -- --stack prod destroy"],
  ])(
    "is refused in `npm run %s`, with the command that was meant",
    async (words, meant) => {
      expect(await advice(words.split(" "))).toBe(meant);
    },
    30_000,
  );

  test("is refused too where npm has a flag of this name itself", async () => {
    expect(await advice(["smoke", "--json"])).toBe(
      "npm run smoke -- --json, or unset npm_config_json if that is where it came from",
    );
  }, 30_000);

  test("is none where a .npmrc has it, or where the command was given it as well", async () => {
    await writeFile(join(copy.folder, ".npmrc"), "json=true\nyes=true\n");
    for (const words of [["smoke"], ["down", "--", "--stack", "none"]]) {
      const { stderr } = await run(words);
      expect(stderr).not.toContain("npm has kept");
      expect(stderr).toContain("Docker"); // the next thing that is looked for
    }
    await writeFile(join(copy.folder, ".npmrc"), "");
    const { stderr } = await run(["down", "--", "--yes"], { npm_config_yes: "true" });
    expect(stderr).not.toContain("npm has kept");
  }, 30_000);

  test("does not keep a command from its own flags after --", async () => {
    const { stderr } = await run(["access", "--", "--stack", "prod", "review"]);
    expect(stderr).not.toContain("npm has kept");
  }, 30_000);
});
