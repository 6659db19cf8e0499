import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { consoleImageVariable, imageVariable } from "../infra/image.ts";
import { brokerImage } from "../toolchain/images/broker/recipe.ts";
import { consoleImage } from "../toolchain/images/console-image.ts";
import { imageReference } from "../toolchain/images/debian-image.ts";
import type { Progress } from "../toolchain/progress.ts";
import { checkImageUpdate } from "./images.ts";
import { StackConfig } from "./stack-config.ts";
import { stackImages } from "./workplace.ts";

const progress: Progress = { say: () => {}, step: (_, work) => work(() => {}) };
const engine = {
  version: "29.0.0",
  apiVersion: "1.52",
  architecture: "amd64",
  how: "running",
  why: "",
} as const;
const tools = { install: false, engine, progress };

/** A folder for a docker whose engine has the images that a test gives it. */
let programs: string;

beforeEach(async () => {
  programs = await mkdtemp(join(tmpdir(), "naboom-images-"));
  vi.stubEnv("PATH", programs);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(programs, { recursive: true });
});

/** Puts a docker there that lists images by the pattern it is asked for, and pulls and inspects none. */
async function haveImages(images: Readonly<Record<string, string>>): Promise<void> {
  const cases = Object.entries(images).map(
    ([pattern, image]) => `*"reference=${pattern} "*) echo '${image}' ;;`,
  );
  const script = `#!/bin/sh\ncase "$* " in\n"image ls "*) case "$* " in\n${cases.join("\n")}\nesac ;;\n"image inspect --format {{.Id}} {{json"*) echo 'sha256:1 "2026-01-01T00:00:00Z" {}' ;;\n*) exit 1 ;;\nesac\n`;
  await writeFile(join(programs, "docker"), script, { mode: 0o755 });
}

describe("a command that tolerates missing images, as down and pulumi do", () => {
  it("goes on without any, whatever the stack's config names, and may not install", async () => {
    await haveImages({});
    const images = stackImages("no-such-stack", undefined);
    expect(await images(tools)).toEqual({});
  });

  it("hands over those that are here, so that a preview tells what an up would do", async () => {
    const broker = imageReference(brokerImage(), "2.1.2", "01234567");
    const page = imageReference(consoleImage, "1.30.6", "89abcdef");
    await haveImages({
      [imageReference(brokerImage(), "*", "*")]: broker,
      [imageReference(consoleImage, "*", "*")]: page,
    });
    const images = stackImages("no-such-stack", undefined);
    expect(await images(tools)).toEqual({ [imageVariable]: broker, [consoleImageVariable]: page });
  });
});

it("a command that brings a stack up needs its image", async () => {
  await haveImages({});
  const images = stackImages("no-such-stack", await StackConfig.read("no-such-stack"));
  await expect(images(tools)).rejects.toThrow(
    /The broker image is not on this engine, and --no-install forbids/,
  );
});

describe("images that are to be built anew", () => {
  const prod = { stack: "prod", install: true };

  it("are refused for a stack that names its own, with both ways on", () => {
    expect(() => checkImageUpdate(prod, "x:1")).toThrow(
      /config names x:1: .*`npm run pulumi -- --stack prod config set naboom-mqtt:image NAME:TAG`, .*config rm naboom-mqtt:image`$/,
    );
    expect(() => checkImageUpdate(prod, undefined)).not.toThrow();
  });

  it("are refused where nothing may be built, with the command that may", () => {
    expect(() => checkImageUpdate({ ...prod, install: false }, undefined)).toThrow(
      /--no-install forbids that: npm run up -- --stack prod --update-image$/,
    );
  });
});
