import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { goalValue } from "./figure.ts";
import { leastOf, measure, readTimes } from "./measurement.ts";

it("the times of the shell and of its children are added up, with and without decimals", () => {
  expect(readTimes("0m0.010s 0m0.020s\n1m2.500s 0m3s\n")).toBeCloseTo(65.53);
  expect(() => readTimes("0m0.010s 0m0.020s\n")).toThrow("times printed");
});

it("a command's processor time and memory are those of what it starts, too", async () => {
  const burn = `const held = Buffer.alloc(200e6, 1); const end = Date.now() + 10_000;
    const spent = () => process.cpuUsage().user + process.cpuUsage().system;
    while (Date.now() < end && spent() < 600_000) for (let turn = 0; turn < 1e6; turn += 1) held[0] += 1;`;
  const start = `require("node:child_process").spawnSync(process.execPath, ["-e", process.argv[1]]);`;
  const command = [process.execPath, "-e", start, burn] as const;
  const { processor, peak = 0, wall } = await measure({ command: [...command], folder: tmpdir() });
  expect(processor).toBeGreaterThan(0.55);
  expect(processor).toBeLessThan(wall + 5);
  if (process.platform === "linux") expect(peak).toBeGreaterThan(200e6);
});

it("a command that fails is told of with its last words", async () => {
  const run = measure({ command: ["sh", "-c", "echo no such stack; exit 3"], folder: tmpdir() });
  await expect(run).rejects.toThrow("no such stack");
});

it("the measurement with the least processor time counts, and a ratio is of processor times", () => {
  const [fast, slow] = [
    { wall: 3, processor: 2, peak: undefined },
    { wall: 1, processor: 4, peak: undefined },
  ];
  expect(leastOf([slow, fast, slow])).toBe(fast);
  expect(goalValue({ of: "ratio", atMost: 2 }, { ...slow, beside: fast })).toBe(2);
  expect(goalValue({ of: "wall", atMost: 2 }, slow)).toBe(1);
});
