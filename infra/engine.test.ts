import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { containersOnPort, hasVolume, inspectContainers, lookInto, newestLocalImage } from "./engine.ts";
import { chooseConsoleImage, consoleImageVariable } from "./image.ts";

/** All that the commands under test find. */
let programs: string;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), "naboom-engine-"));
});
afterAll(() => rm(programs, { recursive: true }));

beforeEach(async () => {
  vi.stubEnv("PATH", programs);
  await rm(join(programs, "docker"), { force: true });
});
afterEach(() => vi.unstubAllEnvs());

const look = { volume: "v", mount: "/v", image: "i", script: "true" };

it.each([
  ["containers", () => inspectContainers("prod", ["c"])],
  ["images", () => newestLocalImage("prod", "i")],
  ["ports", () => containersOnPort("prod", 1)],
  ["volumes", () => hasVolume("prod", "v")],
  ["what is in a volume", () => lookInto({ ...look, stack: "prod" })],
])(
  "an engine that cannot be asked for %s is mended with a command for the stack that asks",
  async (_, ask) => {
    await expect(ask()).rejects.toThrow(
      /^the Docker engine cannot be asked \(.*: npm run up -- --stack prod$/s,
    );
  },
);

it.each([
  ["containers", () => inspectContainers("prod", ["c"])],
  ["images", () => newestLocalImage("prod", "i")],
  ["ports", () => containersOnPort("prod", 1)],
  ["volumes", () => hasVolume("prod", "v")],
])(
  "an engine whose answer to a question for %s is an error is mended with a command for the stack that asks",
  async (_, ask) => {
    await placeDocker("echo no engine >&2; exit 125");
    await expect(ask()).rejects.toThrow(/\(no engine\).*: npm run up -- --stack prod$/);
  },
);

it("an image for the console that is missing is built by a command for the stack that has the console", async () => {
  await placeDocker("");
  vi.stubEnv(consoleImageVariable, undefined);
  await expect(chooseConsoleImage("prod", undefined)).rejects.toThrow(
    /; to have one built: npm run up -- --stack prod$/,
  );
});

it("the image that is taken is the one that was built or pulled last, whatever the date in it", async () => {
  await placeDocker(
    `case "$*" in "image ls "*) echo old:2; echo new:1 ;; *) echo '"2026-01-01T00:00:00Z"'; echo '"2026-02-01T00:00:00Z"' ;; esac`,
  );
  expect(await newestLocalImage("prod", "i")).toBe("new:1");
});

async function placeDocker(script: string): Promise<void> {
  await writeFile(join(programs, "docker"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
