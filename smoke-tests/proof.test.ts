import { describe, expect, it } from "vitest";
import { type Check, type Outcome, summarize } from "./proof.ts";

const about = { stack: "dev", broker: "broker", on: "twin" as const, seconds: 1 };

function check(outcome: Outcome): Check {
  return { subject: "Log-in", name: "it holds", outcome, milliseconds: 1 };
}

describe("a proof", () => {
  it("counts what held, what failed and what was not applicable", () => {
    const checks = [check("proved"), check("proved"), check("failed"), check("not applicable")];
    expect(summarize(about, checks)).toEqual({ ...about, checks, passed: 2, failed: 1, notApplicable: 1 });
  });

  it.each([[[]], [[check("not applicable")]]])("has failed when nothing was proved", (checks) => {
    expect(summarize(about, checks)).toMatchObject({ passed: 0, failed: 1 });
  });
});
