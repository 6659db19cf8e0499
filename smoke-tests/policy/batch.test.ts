import { describe, expect, it } from "vitest";
import { type ListenerName, listenerNames } from "../../mosquitto/listener.ts";
import { CLOSED } from "../endpoint.ts";
import { type Access, Batch } from "./batch.ts";
import { evaluate } from "./evaluation.ts";
import type { PolicyUser } from "./policy.ts";
import { SCRATCH, type UserPlan } from "./probe.ts";

const access: Access = {
  entrance: () => {
    throw new Error("nobody is to connect");
  },
  asksForPasswords: () => true,
  closed: () => false,
  holds: true,
  step: () => {},
  signal: undefined,
};

function planOf(listeners: readonly ListenerName[], ...topics: readonly string[]): UserPlan {
  const user: PolicyUser = { name: "user", account: "user", rules: [], listeners };
  const reads = topics.map((topic) => ({
    topic,
    rule: `readwrite ${topic}`,
    allowed: true,
    source: "self" as const,
  }));
  return { user, reads, writes: [], wills: [], gaps: [] };
}

describe("a batch", () => {
  it("has shared subscriptions to all topics that are read, but not to those that begin with $", () => {
    const batch = new Batch([planOf(["mqtt"], `$foo/${SCRATCH}`, `foo/${SCRATCH}`)], ["mqtt"], access);
    const [connection] = batch.presences.map((presence) => presence.connection);
    const [dollar, plain] = [`$foo/${connection?.scratch}`, `foo/${connection?.scratch}`];
    expect([...(connection?.filters ?? [])]).toEqual([dollar, plain]);
    expect([...(connection?.sharedFilters ?? [])]).toEqual([plain]);
    const shared = evaluate(batch).filter(({ name }) => name.endsWith("by a shared subscription"));
    expect(shared.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      [`readwrite $foo/${SCRATCH}`, "not applicable"],
      [`readwrite foo/${SCRATCH}`, "failed"],
    ]);
  });

  it("lets nobody connect at a listener on which no handshake succeeds, and says so", async () => {
    const batch = new Batch([planOf([])], listenerNames, { ...access, closed: () => true });
    await batch.run();
    const checks = evaluate(batch);
    expect(checks.map(({ listener, outcome, reason }) => [listener, outcome, reason])).toEqual(
      listenerNames.map((listener) => [listener, "not applicable", CLOSED]),
    );
  });
});
