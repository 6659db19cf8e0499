import { describe, expect, it } from "vitest";
import { type Abuse, type AbusePhase, isWithstood } from "./abuse.ts";
import { parseCase, renderCase } from "./failing-case.ts";
import { inputOf } from "./fuzz.ts";
import { sumUp } from "./latency.ts";
import { renderAbuse } from "./report.ts";

const phase: AbusePhase = {
  name: "nothing",
  outcome: "all is well",
  seconds: 5,
  latency: { median: 1.25, p99: 12.3, longest: 1_234 },
  latencyAfter: undefined,
  cutOff: 0,
  memory: { before: 12e6, most: 300e6, after: 13e6 },
  charged: undefined,
};

const abuse: Abuse = {
  image: "an-image",
  seed: 1,
  phases: [phase],
  failures: [],
  sanitizerReports: [],
  sent: 500,
  lost: 0,
  seconds: 5,
};

describe("a report", () => {
  it("has the columns of a phase below their headings, and the sum last", () => {
    const lines = renderAbuse(abuse, { colour: false }).split("\n");
    expect(lines[1]?.length).toBe(lines[2]?.length);
    expect(lines[2]).toMatch(/nothing +5 s +1\.3 ms +12 ms +1234 ms +– +0 +12 +300 +13 +–$/);
    expect(lines.at(-1)).toMatch(/^withstood: 1 phases, 500 messages of the bystander, 0 lost/);
  });

  it("says what the broker did not withstand", () => {
    const failure = { found: "seed 1, exit code 139", reproduced: true, inputs: [inputOf(1, 2)] };
    const text = renderAbuse({ ...abuse, failures: [failure] }, { colour: false });
    expect(text).toContain(`ended by ${inputOf(1, 2).kind} (seed 1, exit code 139)`);
    expect(text).toContain("not withstood");
  });
});

describe("abuse is not withstood", () => {
  it.each([
    ["a lost message", { lost: 1 }],
    ["a report of a sanitizer", { sanitizerReports: ["ERROR: AddressSanitizer"] }],
    ["a broker that ended", { phases: [{ ...phase, ended: "exit code 139" }] }],
    ["a bystander that was cut off", { phases: [{ ...phase, cutOff: 1 }] }],
  ])("after %s", (_, seen) => {
    expect(isWithstood(abuse)).toBe(true);
    expect(isWithstood({ ...abuse, ...seen })).toBe(false);
  });
});

describe("a case", () => {
  it("is the same after it was kept in a file", () => {
    const found = { found: "seed 1", reproduced: true, inputs: [inputOf(1, 2), inputOf(1, 3)] };
    expect(parseCase(renderCase(found))).toEqual(found);
  });
});

describe("latency", () => {
  it("is summed up as median, 99th percentile and longest", () => {
    const waits = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
    expect(sumUp(waits)).toEqual({ median: 501, p99: 991, longest: 1_000 });
    expect(sumUp([])).toBeUndefined();
  });
});
