import { expect, it } from "vitest";
import { inPackets } from "./connection.ts";

const filters = Array.from({ length: 30 }, (_, index) => `naboom/groups/${index}/smoke-0123456789ab`);

it("puts filters into packets that are small enough for any broker's limit, each filter once", () => {
  const packets = inPackets(filters, Number.POSITIVE_INFINITY);
  expect(packets.flat()).toEqual(filters);
  expect(packets.length).toBeGreaterThan(1);
  expect(packets.length).toBeLessThan(5);
});

it("puts each filter into a packet of its own where one message fills the queue", () => {
  expect(inPackets(filters, 1)).toEqual(filters.map((filter) => [filter]));
});
