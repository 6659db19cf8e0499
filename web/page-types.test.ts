import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

test("the page's sources hold as types of a browser, which the rest of the project is not", async () => {
  const folder = fileURLToPath(new URL("page", import.meta.url));
  const run = await execa("tsc", ["--project", folder], { preferLocal: true, all: true, reject: false });
  expect(run.all).toBe("");
  expect(run.exitCode).toBe(0);
}, 120_000);
