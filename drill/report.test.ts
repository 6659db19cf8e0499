import { describe, expect, it } from "vitest";
import { claim } from "./claim.ts";
import { type DrillStep, summarize } from "./drill.ts";
import type { FaultNotShown, FaultStep } from "./fault.ts";
import { renderDrill } from "./report.ts";

const step: DrillStep = {
  name: "password",
  update: 4_012,
  oldRefused: 3_401.2,
  newTaken: 4_460,
  traffic: { sent: 843, lost: 0, duplicated: 0, longestGap: 21.4, unacknowledged: 0, disconnected: 0 },
  broker: { id: "1", startedAt: "2026-01-01T00:00:00Z", same: true, certificate: { mqtts: true, wss: true } },
  claims: [claim("the old password is refused", true, "")],
};

const bad: DrillStep = {
  ...step,
  name: "ACL",
  oldRefused: undefined,
  traffic: { ...step.traffic, lost: 3 },
  broker: { ...step.broker, same: false, certificate: { mqtts: true, wss: false } },
  claims: [claim("no message was lost", false, "3 were")],
};

describe("a drill's report", () => {
  it("is an aligned table without colour in a pipe", () => {
    const lines = renderDrill(summarize("broker", { steps: [step, bad], faults: [] }, 9.94), {
      colour: false,
    }).split("\n");
    expect(lines[1]).toMatch(/^Rotation .* up .* refused .* taken .* messages .* lost .* twice .* gap/);
    expect(lines[2]).toMatch(/^password +4\.0 s +3\.4 s +4\.5 s +843 +0 +0 +21 ms +0 +same +✓ +✓ *$/);
    expect(lines[3]).toMatch(/^ACL +4\.0 s +– +4\.5 s +843 +3 +0 +21 ms +0 +restarted +✓ +✗ *$/);
    expect(new Set(lines.slice(0, 4).map(({ length }) => length)).size).toBe(1);
    expect(lines.every(({ length }) => length <= 125)).toBe(true);
  });

  it("names what did not hold and what was seen, and ends with the sum", () => {
    const text = renderDrill(summarize("broker", { steps: [step, bad], faults: [] }, 9.94), {
      colour: false,
    });
    expect(text).toContain("✗ ACL: no message was lost\n      seen  3 were");
    expect(text.split("\n").at(-1)).toBe("1 claims proved, 1 failed in 9.9 s against broker");
  });

  it("marks what is wrong in colour on a terminal", () => {
    const text = renderDrill(summarize("broker", { steps: [step, bad], faults: [] }, 9.94), { colour: true });
    expect(text).toContain(`\u001b[31m${"3".padStart(6)}`);
    expect(text).not.toContain(`\u001b[31m${"0".padStart(6)}`);
  });
});

describe("a drill's report of faults", () => {
  const shown: FaultStep = {
    name: "publish killed at its start",
    leftOn: "old",
    broker: "same",
    next: 5_210,
    claims: [claim("the update fails", true, "")],
  };
  const unshown: FaultNotShown = { name: "Docker killed at reload's start", notShown: "it takes root" };
  const failing: FaultStep = { name: "volume out of pages", claims: [claim("publish fails", false, "0")] };

  it("is a table of its own", () => {
    const drill = summarize("broker", { steps: [step], faults: [shown, failing] }, 9.94);
    const lines = renderDrill(drill, { colour: false }).split("\n");
    const top = lines.findIndex((line) => line.startsWith("Fault "));
    expect(lines[top]).toMatch(/^Fault +left on +container +next up +proved$/);
    expect(lines[top + 1]).toMatch(/^publish killed at its start +old +same +5\.2 s +1 of 1$/);
    expect(lines[top + 2]).toMatch(/^volume out of pages +– +– +– +0 of 1$/);
    expect(lines.every(({ length }) => length <= 125)).toBe(true);
    expect(lines).toContain("  ✗ volume out of pages: publish fails");
    expect(lines.at(-1)).toBe("2 claims proved, 1 failed in 9.9 s against broker");
  });

  it("names a fault that could not be shown, says why, and claims nothing of it", () => {
    const drill = summarize("broker", { steps: [], faults: [shown, unshown] }, 9.94);
    expect(drill).toMatchObject({ passed: 1, failed: 0 });
    const lines = renderDrill(drill, { colour: false }).split("\n");
    expect(lines).toContainEqual(expect.stringMatching(/^Docker killed at reload's start +not shown$/));
    expect(lines).toContain("Not shown: it takes root.");
    expect(lines.at(-1)).toBe("1 claims proved in 9.9 s against broker; 1 of 2 faults not shown");
  });

  it("has failed where a fault proved nothing, or nothing was shown", () => {
    const nothing = { ...shown, claims: [] };
    expect(summarize("broker", { steps: [], faults: [shown, nothing] }, 1)).toMatchObject({ failed: 1 });
    expect(summarize("broker", { steps: [], faults: [unshown] }, 1)).toMatchObject({ failed: 1 });
  });
});

describe("a drill", () => {
  it("has failed where a rotation proved nothing", () => {
    expect(summarize("broker", { steps: [{ ...step, claims: [] }], faults: [] }, 1)).toMatchObject({
      passed: 0,
      failed: 1,
    });
  });

  it("has failed without a rotation", () => {
    expect(summarize("broker", { steps: [], faults: [] }, 1).failed).toBeGreaterThan(0);
  });
});
