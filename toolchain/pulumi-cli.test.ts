import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OFFICIAL_SITES } from "./official-release.ts";
import type { Preparation } from "./pulumi.ts";
import { prepareCommandLine } from "./pulumi-cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("a Pulumi of the user's own is taken also where its version can't be kept in the cache", async () => {
  const own = join(folder, "own");
  await mkdir(own);
  for (const name of ["pulumi", "pulumi-language-nodejs"]) {
    await writeFile(join(own, name), "#!/bin/sh\necho v3.999.0\n", { mode: 0o755 });
  }
  await writeFile(join(folder, "file"), "");
  const preparation: Preparation = {
    environment: { PATH: [own, "/usr/bin", "/bin"].join(delimiter) },
    cache: join(folder, "file", "cache"),
    install: false,
    progress: { step: (_, work) => work(() => {}), say: () => {} },
    sites: OFFICIAL_SITES,
  };
  expect(await prepareCommandLine(preparation)).toMatchObject({ how: "found", version: "3.999.0" });
});
