import { expect, it } from "vitest";
import { readStorage } from "./storage.ts";

const DISK = "tmpfs                    40960     10240     30720  25% /mosquitto/data";

it("a storage's answer gives bytes that are used and free, and what was found damaged", () => {
  const printed = `${DISK}\n512\t.\ndamaged-20261127T220000 malformed; saved were 3 retained messages\n`;
  expect(readStorage(printed)).toEqual({
    used: 524_288,
    free: 31_457_280,
    damaged: [
      {
        folder: "/mosquitto/data/damaged-20261127T220000",
        report: "malformed; saved were 3 retained messages",
      },
    ],
  });
});

it("a storage's answer that is something else is none", () => {
  expect(readStorage("sh: df: not found\n")).toBeUndefined();
});
