import { expect, test } from "vitest";
import { hasTentative, settledAddresses } from "./host-addresses.ts";

const LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo\n";
const TENTATIVE = "fe80000000000000e4e6b8fffe75f8ec 6b5 40 20 c0 veth44ad78a\n";
const PERMANENT = "fe80000000000000e4e6b8fffe75f8ec 6b5 40 20 80 veth44ad78a\n";

test("an address is tentative by its flags", () => {
  expect(hasTentative("")).toBe(false);
  expect(hasTentative(LOOPBACK + PERMANENT)).toBe(false);
  expect(hasTentative(LOOPBACK + TENTATIVE)).toBe(true);
});

test("addresses have settled once none is tentative and none has come or gone for a while", async () => {
  const tables = [LOOPBACK, LOOPBACK + TENTATIVE, LOOPBACK + TENTATIVE, LOOPBACK + PERMANENT];
  const read: string[] = [];
  const since: number[] = [];
  await settledAddresses(async () => {
    read.push(tables[read.length] ?? LOOPBACK + PERMANENT);
    since.push(performance.now());
    return read.at(-1) ?? "";
  });
  const permanent = since[read.indexOf(LOOPBACK + PERMANENT)] ?? Number.NaN;
  expect((since.at(-1) ?? Number.NaN) - permanent).toBeGreaterThanOrEqual(350);
});
