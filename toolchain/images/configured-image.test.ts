import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { Progress } from "../progress.ts";
import { prepareBrokerImage } from "./broker-image.ts";
import { prepareConsoleImage } from "./console-image.ts";

/** A folder with a docker that has and gets no image. */
let programs: string;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), "naboom-image-"));
  const script = "#!/bin/sh\necho manifest unknown >&2\nexit 1\n";
  await writeFile(join(programs, "docker"), script, { mode: 0o755 });
});
afterAll(() => rm(programs, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

it.each([
  ["image", prepareBrokerImage],
  ["console.image", prepareConsoleImage],
])(
  "a configured %s that cannot be had is taken out of the config of the stack that has it",
  async (key, prepare) => {
    vi.stubEnv("PATH", programs);
    const progress: Progress = { say: () => {}, step: (_, work) => work(() => {}) };
    const engine = {
      version: "29.0.0",
      apiVersion: "1.52",
      architecture: "amd64",
      how: "running",
      why: "",
    } as const;
    const pulumi = "npm run pulumi -- --stack prod";
    await expect(prepare({ configured: "x:1", install: true, engine, progress, pulumi })).rejects.toThrow(
      `manifest unknown. Allowed is an image that \`docker pull\` gets or \`docker image ls\` shows; \`${pulumi} config rm --path naboom-mqtt:${key}\``,
    );
  },
);
