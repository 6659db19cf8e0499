import { describe, expect, it } from "vitest";
import { progressBar } from "./progress-bar.ts";

describe("a progress bar", () => {
  it.each([
    [0, "░░░░░░░░░░░░░░░░░░░░░░░░ 0 %"],
    [1 / 3, "████████░░░░░░░░░░░░░░░░ 33 %, 4,120 checks"],
    [0.999, "███████████████████████░ 99 %, 4,120 checks"],
    [1, "████████████████████████ 100 %, 4,120 checks"],
    [1.2, "████████████████████████ 100 %, 4,120 checks"],
  ])("shows %d", (done, line) => {
    expect(progressBar({ done, checks: done === 0 ? 0 : 4_120 })).toBe(line);
  });
});
