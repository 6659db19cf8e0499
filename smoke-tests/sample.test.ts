import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../infra/contract.ts";
import { listenerNames } from "../mosquitto/listener.ts";
import { sampleUsers } from "./sample.ts";

function stackOf(count: number): Pick<StackOutputs, "users" | "listeners"> {
  const users = Array.from({ length: count }, (_, index) => [
    `user-${index}`,
    { listeners: index === 7 ? ["wss"] : ["mqtt", "mqtts", "ws"] },
  ]);
  const listeners = Object.fromEntries(listenerNames.map((name) => [name, {}]));
  return { users: Object.fromEntries(users), listeners } as unknown as StackOutputs;
}

describe("the sample of users that a running broker is asked about", () => {
  it("is everybody in a small stack", () => {
    expect(sampleUsers(stackOf(3))).toEqual(["user-0", "user-1", "user-2"]);
  });

  it("is a few of many, among them a user of each listener", () => {
    const sample = sampleUsers(stackOf(1_000));
    expect(sample).toHaveLength(8);
    expect(new Set(sample).size).toBe(8);
    expect(sample).toContain("user-7");
  });

  it("differs from run to run", () => {
    const samples = Array.from({ length: 5 }, () => sampleUsers(stackOf(1_000)).join());
    expect(new Set(samples).size).toBeGreaterThan(1);
  });
});
