import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerCommand } from "../docker.ts";
import { prepareDockerEngine } from "../docker-engine.ts";
import { createProgress } from "../progress.ts";
import { consoleImage, prepareConsoleImage } from "./console-image.ts";
import { buildDebianImage } from "./debian-image.ts";
import { findDebianArchive } from "./debian-packages.ts";

const name = `naboom-mqtt-console-test-${randomBytes(4).toString("hex")}`;
const images: string[] = [];
let details: ImageDetails;

interface ImageDetails {
  readonly Id: string;
  readonly Size: number;
  readonly Config: Readonly<Record<string, unknown>>;
}

async function build(): Promise<ImageDetails> {
  const reference = await buildDebianImage(
    { ...consoleImage, name },
    await findDebianArchive(),
    () => undefined,
  );
  const [built] = JSON.parse((await dockerCommand(["image", "inspect", reference])).stdout);
  images.push(built.Id);
  return built;
}

beforeAll(async () => {
  details = await build();
});

afterAll(async () => {
  await dockerCommand(["image", "rm", "--force", ...images]);
});

describe("the image that serves the console", () => {
  test("is at most 20 MB, and opens nothing by itself", () => {
    expect(details.Size).toBeLessThan(20e6);
    const { Cmd, Entrypoint, ExposedPorts, Volumes } = details.Config;
    expect([Cmd ?? [], Entrypoint ?? [], ExposedPorts ?? {}, Volumes ?? {}]).toEqual([[], [], {}, {}]);
    expect(details.Config.Labels).toMatchObject({
      "org.opencontainers.image.title": "nginx from Debian packages",
      "naboom-mqtt.packages": expect.stringContaining(" nginx=1."),
    });
  });

  test("has the same id when built again", async () => {
    expect((await build()).Id).toBe(details.Id);
  });

  test("has no file that lends rights, and none that others may write", async () => {
    const line =
      "find / -xdev \\( -perm -4000 -o -perm -2000 -o -perm -0002 \\) ! -type l ! -path '/tmp' ! -path '/dev/*' ! -path '/proc/*'";
    const { owner } = consoleImage;
    const confined = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", `--user=${owner}:${owner}`];
    const found = await dockerCommand(["run", ...confined, details.Id, "sh", "-c", line]);
    expect(found).toMatchObject({ stdout: "", exitCode: 0 });
  });

  test("is not fetched where nothing may be, and the sentence says so", async () => {
    const progress = createProgress();
    const engine = await prepareDockerEngine({ install: true, progress });
    const wanted = { configured: "nowhere.invalid/nginx:0", install: false, engine, progress };
    await expect(prepareConsoleImage(wanted)).rejects.toThrow(
      "The image nowhere.invalid/nginx:0 of the stack's config is not on this engine, and --no-install forbids getting it.",
    );
  });
});
