import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { projectName } from "./project.ts";
import { countResources, readLastUpdate, stateFile } from "./state-files.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-state-"));
  await mkdir(dirname(stateFile(folder, "dev")), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

it("a stack's state tells how many resources it has, also of one that was only made", async () => {
  const resources = [{ urn: "one" }, { urn: "two" }];
  await writeFile(stateFile(folder, "dev"), JSON.stringify({ checkpoint: { latest: { resources } } }));
  await writeFile(stateFile(folder, "made"), JSON.stringify({ version: 3, checkpoint: { stack: "made" } }));
  expect(await countResources(folder, "dev")).toBe(2);
  expect(await countResources(folder, "made")).toBe(0);
});

it.each([
  ["", "half"],
  ["{", "half"],
  ['{"resources":[]}', "of another form"],
])("a state file with %j in it tells nothing, and the CLI is asked", async (text) => {
  await writeFile(stateFile(folder, "dev"), text);
  expect(await countResources(folder, "dev")).toBeUndefined();
  expect(await countResources(folder, "none")).toBeUndefined();
});

it("the last update is the one that ended last, and not that of a stack whose name begins with this one's", async () => {
  const updates = (stack: string) => join(folder, ".pulumi", "history", projectName, stack);
  const write = async (stack: string, file: string, content: unknown) => {
    await mkdir(updates(stack), { recursive: true });
    await writeFile(join(updates(stack), file), JSON.stringify(content));
  };
  expect(await readLastUpdate(folder, "dev")).toBeUndefined();
  const first = { startTime: 1_795_829_022, resourceChanges: { create: 25 } };
  const last = { startTime: 1_795_829_122, resourceChanges: { same: 20, update: 2, delete: 1 } };
  await write("dev", "dev-1795829125743364006.history.json", last);
  await write("dev", "dev-1795829025743364006.history.json", first);
  await write("dev", "dev-1795829925743364006.checkpoint.json", {});
  await write("dev-2", "dev-2-1795829925743364006.history.json", first);
  expect(await readLastUpdate(folder, "dev")).toEqual({ began: "2026-11-28T01:25:22.000Z", changes: 3 });
});
