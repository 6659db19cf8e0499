import { expect, it } from "vitest";
import type { StackOutputs } from "../../infra/contract.ts";
import type { Storage } from "../../mosquitto/storage.ts";
import { proveStorage } from "./storage.ts";

const outputs = { broker: { container: "b" } } as unknown as StackOutputs;

async function outcomes(storage: Storage | string) {
  const checks = await proveStorage(outputs, async () => storage);
  return checks.map(({ outcome, seen }) => (seen === undefined ? outcome : `${outcome}: ${seen}`));
}

const good = { used: 1, free: 2 ** 30, damaged: [] };

it("a storage with room and without damage is proved", async () => {
  expect(await outcomes(good)).toEqual(["proved", "proved"]);
});

it("a damaged database fails the proof until it counts as seen, with the command for that", async () => {
  const damaged = [{ folder: "/mosquitto/data/damaged-1", report: "malformed; saved were 2" }];
  expect((await outcomes({ ...good, damaged }))[0]).toMatch(
    /^failed: .*malformed; saved were 2; .*: docker exec b mv \/mosquitto\/data\/damaged-1 \/mosquitto\/data\/seen-1$/,
  );
});

it("a disk that is nearly full fails the proof", async () => {
  expect((await outcomes({ ...good, free: 2 ** 24 - 1 }))[1]).toBe("failed: 15 MiB");
});

it("a storage that can't be looked at fails the proof", async () => {
  expect(await outcomes("no such container")).toEqual(Array(2).fill("failed: no such container"));
});
