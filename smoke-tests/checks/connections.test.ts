import { describe, expect, it } from "vitest";
import type { Check } from "../proof.ts";
import { connectionShortage } from "./connections.ts";

const about = { subject: "Log-in", name: "the right password is taken", milliseconds: 0 } as const;
const proved: Check = { ...about, outcome: "proved" };
const failed: Check = { ...about, outcome: "failed" };

describe("a shortage of connections", () => {
  it("is said where checks have failed and the limit is below what they need", () => {
    const [said, ...others] = connectionShortage({ connectionsPerListener: 5 }, [proved, failed]);
    expect(said).toMatchObject({ outcome: "failed", seen: expect.stringMatching(/^5, which may be why/) });
    expect(said?.expected).toMatch(/limits\.connectionsPerListener of at least \d+/);
    expect(others).toEqual([]);
  });

  it("is none where the limit was enough all the same, or is not what they failed for", () => {
    expect(connectionShortage({ connectionsPerListener: 5 }, [proved])).toEqual([]);
    expect(connectionShortage({ connectionsPerListener: 1_000 }, [proved, failed])).toEqual([]);
  });
});
