import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { projectFolder } from "./project.ts";

/** In Pulumi's place: it takes a while to end in good order, and notes each signal. */
const CLI = `#!/usr/bin/env node
const { appendFileSync } = require("node:fs");
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    appendFileSync(process.env.SIGNALS, signal + "\\n");
    setTimeout(() => process.exit(255), 300);
  });
}
setTimeout(() => process.exit(1), 20_000);
console.log("updating");
`;

const COMMAND = `
import { Stack } from "./toolchain/stack.ts";
const [cli, SIGNALS] = process.argv.slice(-2);
const stack = new Stack({ name: "unit", cli, environment: { SIGNALS }, keepSettings: false });
const { exitCode } = await stack.run(["up"]);
console.log("ended with", exitCode);
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-stack-"));
  await writeFile(join(folder, "pulumi"), CLI, { mode: 0o700 });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it.each(["SIGINT", "SIGTERM"] as const)(
  "an update that is told %s hears it once, and its end is waited for",
  async (signal) => {
    const signals = join(folder, "signals");
    const command = ["--import", "tsx", "--input-type=module", "--eval", COMMAND];
    const run = execa("node", [...command, "--", join(folder, "pulumi"), signals], {
      cwd: projectFolder,
      reject: false,
      stdin: "ignore",
    });
    for await (const line of run) {
      if (line === "updating") run.kill(signal);
    }
    expect((await run).stdout).toBe("updating\nended with 255");
    expect(await readFile(signals, "utf8")).toBe(`${signal}\n`);
  },
  20_000,
);
