import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../mosquitto/limits.ts";
import { inFlightAtATime, keptWhileAway } from "./allowance.ts";

describe("messages that a check sends", () => {
  it("are as many as it wants where the limits are the usual ones", () => {
    expect([inFlightAtATime(defaultLimits, 3), keptWhileAway(defaultLimits, 3)]).toEqual([3, 3]);
  });

  it.each([1, 2])("go to the broker %i at a time where no more may be in flight", (inflightMessages) => {
    expect(inFlightAtATime({ ...defaultLimits, inflightMessages }, 3)).toBe(inflightMessages);
  });

  it("are no more than the broker keeps for a client that is away, by number or by bytes", () => {
    expect(keptWhileAway({ ...defaultLimits, queuedMessages: 1 }, 3)).toBe(1);
    expect(keptWhileAway({ ...defaultLimits, queuedBytes: 2 }, 3)).toBe(2);
  });
});
