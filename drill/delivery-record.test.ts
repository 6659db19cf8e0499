import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueBy, recordDelivery } from "./delivery-record.ts";

const arrivals = (...pairs: [number, number][]) => pairs.map(([number, at]) => ({ number, at }));

describe("a delivery", () => {
  it("is whole when each message has arrived once", () => {
    expect(recordDelivery(3, arrivals([0, 10], [1, 15], [2, 40]), 5, 900)).toEqual({
      sent: 3,
      lost: 0,
      duplicated: 0,
      longestGap: 25,
    });
  });

  it("tells what was lost, and counts the silence until the wait was over as a gap", () => {
    expect(recordDelivery(3, arrivals([0, 10], [2, 15]), 5, 900)).toMatchObject({ lost: 1, longestGap: 885 });
    expect(recordDelivery(3, [], 5, 900)).toMatchObject({ lost: 3, longestGap: 895 });
  });

  it("counts each arrival beyond the first as a duplicate", () => {
    expect(recordDelivery(2, arrivals([0, 1], [1, 2], [1, 3], [0, 4]), 0, 9)).toMatchObject({
      lost: 0,
      duplicated: 2,
    });
  });

  it("does not take a message that was never sent for one of those that were", () => {
    expect(recordDelivery(2, arrivals([0, 1], [7, 2], [Number.NaN, 3]), 0, 9)).toMatchObject({ lost: 1 });
  });

  it("tells of any messages left out, and of any that came twice", () => {
    const numbers = fc.array(fc.nat({ max: 49 }), { maxLength: 120 });
    fc.assert(
      fc.property(numbers, (list) => {
        const record = recordDelivery(
          50,
          list.map((number, at) => ({ number, at })),
          0,
          1_000,
        );
        expect(record.lost).toBe(50 - new Set(list).size);
        expect(record.sent - record.lost + record.duplicated).toBe(list.length);
      }),
    );
  });
});

describe("a rate", () => {
  it("is kept however late the timer comes", () => {
    expect(dueBy(0, 200)).toBe(0);
    expect(dueBy(4.9, 200)).toBe(0);
    expect(dueBy(1_000, 200)).toBe(200);
    expect(dueBy(1_004, 200)).toBe(200);
  });
});
