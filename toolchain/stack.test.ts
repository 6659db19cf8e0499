import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { bundle } from "./bundle.mjs";

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
appendFileSync(process.env.SIGNALS, "");
console.log("updating");
`;

/** Runs the command, whose words say whether what the CLI prints is captured. */
function start(words: "captured" | "shown", signals: string) {
  return execa("node", [command, words, join(folder, "pulumi"), signals], {
    reject: false,
    stdin: "ignore",
    detached: true, // a group of its own
  });
}

let command: string;
let folder: string;

beforeAll(async () => {
  command = await bundle("testing/stack-update.ts");
});

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
    const run = start("shown", signals);
    for await (const line of run) {
      if (line === "updating") run.kill(signal);
    }
    expect((await run).stdout).toBe("updating\nended with 255");
    expect(await readFile(signals, "utf8")).toBe(`${signal}\n`);
  },
  20_000,
);

it("an update hears a signal once that the whole group of processes was told", async () => {
  const signals = join(folder, "signals");
  const run = start("shown", signals);
  for await (const line of run) {
    if (line === "updating") process.kill(-(run.pid ?? expect.fail("not started")), "SIGTERM");
  }
  expect((await run).stdout).toBe("updating\nended with 255");
  expect(await readFile(signals, "utf8")).toBe("SIGTERM\n");
}, 20_000);

it.each(["SIGINT", "SIGTERM"] as const)(
  "a question to Pulumi that is told %s is let end, and the command ends by the signal",
  async (signal) => {
    const signals = join(folder, "signals");
    const run = start("captured", signals);
    await expect.poll(() => readFile(signals, "utf8").catch(() => "none"), { timeout: 10_000 }).toBe("");
    run.kill(signal);
    const ended = await run;
    expect([ended.signal, ended.stdout]).toEqual([signal, ""]);
    expect(await readFile(signals, "utf8")).toBe(`${signal}\n`);
  },
  20_000,
);
