import {
  chmod,
  cp,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SmallProject } from "../testing/small-project.ts";
import { asPlainUser } from "./plain-user.ts";

const COMMAND = `
import { greeting } from "./greeting.ts";
const [name = "nobody"]: readonly string[] = process.argv.slice(2);
if (name === "fail") throw new Error("failed here");
console.log(greeting, name, import.meta.url, "a text with import.meta.url");
`;
const FAILING_LINE = 4;

let project: SmallProject;
let build: string;

beforeEach(async () => {
  project = await SmallProject.create(COMMAND);
  await project.write("commands/greeting.ts", 'export const greeting: string = "hello";\n');
  build = project.path(".build");
});

afterEach(() => project.remove());

async function bundles(): Promise<readonly string[]> {
  return (await readdir(build)).filter((name) => !name.endsWith(".json"));
}

describe("a bundle", () => {
  test("runs as its source would, which it names as its own", async () => {
    const { stdout, stderr } = await project.start(["ann"]);
    const own = `file://${project.path("commands/main.ts")}`;
    expect([stdout, stderr]).toEqual([`hello ann ${own} a text with import.meta.url`, ""]);
  });

  test("tells where in the source an error was", async () => {
    const { stderr, exitCode } = await project.start(["fail"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`commands/main.ts:${FAILING_LINE}`);
    expect(stderr).not.toContain(".build");
  });

  test("is made once, and anew when a file that it imports changes, with its size and its times kept", async () => {
    await project.start();
    await project.start();
    expect(await bundles()).toHaveLength(1);
    const greeting = project.path("commands/greeting.ts");
    const changed = (await readFile(greeting, "utf8")).replace("hello", "howdy");
    await cp(greeting, `${greeting}.times`, { preserveTimestamps: true });
    await writeFile(`${greeting}.times`, changed);
    await cp(`${greeting}.times`, greeting, { preserveTimestamps: true });
    expect((await project.start()).stdout).toContain("howdy");
  });

  test("is made anew when the lockfile is another one, with which esbuild may be", async () => {
    await project.start();
    const lock = `${await project.read("package-lock.json")} `;
    await project.write("package-lock.json", lock);
    await rm(project.path("node_modules/.installed-from"));
    await project.write("node_modules/.package-lock.json", lock);
    expect((await project.start()).stderr).toBe("");
    expect(await bundles()).toHaveLength(2);
  });

  test("is whole for each of many commands at once, and made in one place", async () => {
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, index) => project.start([`number ${index}`])),
    );
    expect(runs.map(({ stdout }) => stdout.split(" file:")[0])).toEqual(
      runs.map((_, index) => `hello number ${index}`),
    );
    expect(await bundles()).toHaveLength(1);
  }, 30_000);

  test("of a source with a mistake is none, and the words name file and line", async () => {
    await project.write("commands/greeting.ts", "export const greeting = ;\n");
    const { stderr, exitCode } = await project.start();
    expect(exitCode).toBe(2);
    expect(stderr).toContain("commands/greeting.ts:1:24: ERROR: Unexpected");
    expect(await bundles()).toEqual([]);
  });

  test("that was not used for a day is removed with the next that is made", async () => {
    await project.start();
    const [old = ""] = await bundles();
    const past = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(build, old), past, past);
    await project.write("commands/greeting.ts", 'export const greeting = "howdy";\n');
    await project.start();
    expect(await bundles()).toHaveLength(1);
    expect(await bundles()).not.toContain(old);
  });
});

describe.runIf(getuid?.() === 0)("another user of the machine", () => {
  /** What a poisoned file does; whoever runs it leaves the mark. */
  const poison = () =>
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(mark())}, "");\n`;
  const mark = () => project.path("poisoned");

  async function expectRefused(sentence: string): Promise<void> {
    const { stderr, stdout, exitCode } = await project.start();
    expect(stderr).toContain(`${sentence}, so what is in it is not run: remove it with \`rm -rf ${build}\``);
    expect([exitCode, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
    expect(await readdir(project.folder)).not.toContain("poisoned");
  }

  /** Makes the bundle in good order, then poisons it; its name is that of the sources still. */
  async function poisonBundle(): Promise<string> {
    await project.start();
    const [name = ""] = await bundles();
    await writeFile(join(build, name, "main.mjs"), poison());
    return join(build, name);
  }

  test("who makes the folder of bundles first has no code run", async () => {
    await poisonBundle();
    await lchown(build, 65534, 65534);
    await expectRefused(`${build} belongs to another user (uid 65534)`);
  });

  test("who puts a link in its place has no code run", async () => {
    await poisonBundle();
    await cp(build, project.path("elsewhere"), { recursive: true });
    await rm(build, { recursive: true });
    await symlink(project.path("elsewhere"), build);
    await expectRefused(`${build} is not a folder`);
  });

  test("who may write in it has no code run", async () => {
    await poisonBundle();
    await chmod(build, 0o777);
    await expectRefused(`${build} can be written by other users`);
  });

  test("whose bundle is in it, as it was open once, has no code run", async () => {
    const bundle = await poisonBundle();
    await lchown(bundle, 65534, 65534);
    await expectRefused(`${bundle} belongs to another user (uid 65534)`);
  });

  test("who makes folders for temporary files first, and puts code into what a command keeps there, has none run", async () => {
    const temporary = await mkdtemp(join(tmpdir(), "naboom-mqtt-shared-"));
    await chmod(temporary, 0o1777);
    try {
      // The names that tsx and Node.js give their folders of compiled code.
      await asPlainUser(async () => {
        for (const name of ["tsx-0", "node-compile-cache"]) {
          await mkdir(join(temporary, name));
          await chmod(join(temporary, name), 0o777);
        }
      });
      const env = { TMPDIR: temporary };
      expect((await project.start(["ann"], { env })).stdout).toMatch(/^hello ann/);
      await asPlainUser(() => poisonAll(temporary));
      const again = await project.start(["ann"], { env });
      expect(again.stdout).toMatch(/^hello ann/);
      expect(await readdir(project.folder)).not.toContain("poisoned");
    } finally {
      await rm(temporary, { recursive: true });
    }
  });

  /** Replaces every file in folders of the plain user's by one that is poisoned; tsx keeps JSON with the code in it. */
  async function poisonAll(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const text = await readFile(path, "utf8");
      await rm(path);
      const code = JSON.stringify(poison()).slice(1, -1);
      await writeFile(path, text.replace('"code":"', `"code":"${code}`));
    }
  }
});
