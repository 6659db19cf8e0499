import { describe, expect, it } from "vitest";
import { claim } from "./claim.ts";
import { type DrillStep, summarize } from "./drill.ts";
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
    const lines = renderDrill(summarize("broker", [step, bad], 9.94), { colour: false }).split("\n");
    expect(lines[1]).toMatch(/^Rotation .* up .* refused .* taken .* messages .* lost .* twice .* gap/);
    expect(lines[2]).toMatch(/^password +4\.0 s +3\.4 s +4\.5 s +843 +0 +0 +21 ms +0 +same +✓ +✓ *$/);
    expect(lines[3]).toMatch(/^ACL +4\.0 s +– +4\.5 s +843 +3 +0 +21 ms +0 +restarted +✓ +✗ *$/);
    expect(new Set(lines.slice(0, 4).map(({ length }) => length)).size).toBe(1);
    expect(lines.every(({ length }) => length <= 125)).toBe(true);
  });

  it("names what did not hold and what was seen, and ends with the sum", () => {
    const text = renderDrill(summarize("broker", [step, bad], 9.94), { colour: false });
    expect(text).toContain("✗ ACL: no message was lost\n      seen  3 were");
    expect(text.split("\n").at(-1)).toBe("1 claims proved, 1 failed in 9.9 s against broker");
  });

  it("marks what is wrong in colour on a terminal", () => {
    const text = renderDrill(summarize("broker", [step, bad], 9.94), { colour: true });
    expect(text).toContain(`\u001b[31m${"3".padStart(6)}`);
    expect(text).not.toContain(`\u001b[31m${"0".padStart(6)}`);
  });
});

describe("a drill", () => {
  it("has failed where a rotation proved nothing", () => {
    expect(summarize("broker", [{ ...step, claims: [] }], 1)).toMatchObject({ passed: 0, failed: 1 });
  });

  it("has failed without a rotation", () => {
    expect(summarize("broker", [], 1).failed).toBeGreaterThan(0);
  });
});
