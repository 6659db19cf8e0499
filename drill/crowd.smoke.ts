import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stackOutputs } from "../infra/contract.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { cast, drillSettings, initialState } from "./cast.ts";
import { type CrowdRecord, measureCrowd } from "./crowd.ts";

/** What delivery may be stopped for by a reload, in milliseconds. */
const LIMIT = 250;

let throwaway: ThrowawayStack;
let record: CrowdRecord;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  await throwaway.configure({ ...drillSettings(initialState), limits: { connectionsPerListener: 2_000 } });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  record = await measureCrowd(stackOutputs.parse(await throwaway.stack.outputs()), cast);
});

afterAll(() => throwaway.remove());

describe("a reload with 1,000 connected clients", () => {
  it("stops delivery for at most 250 ms", ({ annotate }) => {
    const gaps = record.reloads.map(({ longestGap }) => Math.round(longestGap)).sort((a, b) => a - b);
    void annotate(
      `gaps of ${gaps.join(", ")} ms; ${Math.round(record.quiet.longestGap)} ms without a reload`,
    );
    expect(gaps).toHaveLength(5);
    // The median: a pause of the machine is not the broker's, and a slow reload is slow each time.
    expect(gaps[2]).toBeLessThanOrEqual(LIMIT);
  });

  it("disconnects none of them, and loses and doubles no message", () => {
    expect(record).toMatchObject({ clients: 1_000, connected: 1_000 });
    for (const reload of record.reloads) {
      expect(reload).toMatchObject({ lost: 0, duplicated: 0, unacknowledged: 0, disconnected: 0 });
      expect(reload.sent).toBeGreaterThan(200);
    }
  });
});
