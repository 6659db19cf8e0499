import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

it("lets so many go on at a time, in the order that they came, also where some fail", async () => {
  const turns = new Turns(2);
  const order: number[] = [];
  let now = 0;
  let most = 0;
  const work = (number: number) =>
    turns.take(async () => {
      order.push(number);
      now += 1;
      most = Math.max(most, now);
      await setImmediate();
      now -= 1;
      if (number % 3 === 0) throw new Error("failed");
    });
  await Promise.allSettled([0, 1, 2, 3, 4, 5, 6].map(work));
  expect([order, most]).toEqual([[0, 1, 2, 3, 4, 5, 6], 2]);
});
