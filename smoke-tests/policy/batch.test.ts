import { describe, expect, it } from "vitest";
import { type ListenerName, listenerNames } from "../../mosquitto/listener.ts";
import { CLOSED } from "../endpoint.ts";
import { Batch } from "./batch.ts";
import { evaluate, rankOf } from "./evaluation.ts";
import type { PolicyUser } from "./policy.ts";
import type { Access } from "./presence.ts";
import { SCRATCH, type UserPlan, type WillProbe } from "./probe.ts";
import { Tally } from "./tally.ts";

const access: Access = {
  listeners: listenerNames,
  entrance: () => {
    throw new Error("nobody is to connect");
  },
  asksForPasswords: () => true,
  closed: () => undefined,
  older: () => [],
  room: 100,
  atATime: 16,
  step: () => {},
  signal: undefined,
};

function planOf(listeners: readonly ListenerName[], ...topics: readonly string[]): UserPlan {
  const user: PolicyUser = { name: "user", account: "user", rules: [], listeners, index: 0 };
  const reads = topics.map((topic) => ({
    topic,
    rule: `readwrite ${topic}`,
    allowed: true,
    source: "self" as const,
  }));
  return { user, reads, writes: [], wills: [], gaps: [] };
}

function checksOf(batch: Batch) {
  const tally = new Tally(true);
  evaluate(batch, tally);
  return tally.checks(rankOf);
}

function willsOn(plan: UserPlan, ...listeners: readonly ListenerName[]): WillProbe[] {
  return listeners.map((listener, index) => {
    const rule = `write a/${index}`;
    return { topic: `a/${index}`, rule, allowed: true, listener, partner: plan.user };
  });
}

describe("a batch", () => {
  it("has shared subscriptions to all topics that are read, but not to those that begin with $", () => {
    const batch = new Batch([planOf(["mqtt"], `$foo/${SCRATCH}`, `foo/${SCRATCH}`)], access);
    const [connection] = batch.presences.map((presence) => presence.connection);
    const [dollar, plain] = [...(connection?.readFilters ?? [])];
    expect(dollar).toMatch(/^\$foo\/smoke-[0-9a-f]{12}$/);
    expect([...(connection?.sharedFilters ?? [])]).toEqual([plain]);
    const shared = checksOf(batch).filter(({ name }) => name.endsWith("by a shared subscription"));
    expect(shared.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      [`readwrite $foo/${SCRATCH}`, "not applicable"],
      [`readwrite foo/${SCRATCH}`, "failed"],
    ]);
  });

  it("lets nobody connect to a listener on which no handshake succeeds, and says so", async () => {
    const plan = planOf(["mqtt"]);
    const batch = new Batch([plan], { ...access, room: 0, closed: () => CLOSED });
    await batch.run();
    const refused = checksOf(batch).filter(({ name }) => name.startsWith("the right password is refused"));
    const places = (["mqtts", "ws", "wss"] as const).map((listener) => [listener, "not applicable", CLOSED]);
    expect(new Set(refused.map(({ listener, outcome, reason }) => `${[listener, outcome, reason]}`))).toEqual(
      new Set(places.map(String)),
    );
  });

  it("asks for a refusal with MQTT 5 on each listener that is not the user's, and with MQTT 3.1.1 on one", () => {
    const { refusals } = new Batch([planOf(["mqtt"])], access);
    expect(refusals.map(({ listener, version }) => `${listener} ${version}`).sort()).toEqual(
      ["mqtts 4", "mqtts 5", "ws 5", "wss 5"].sort(),
    );
  });

  it("has the same probes with MQTT 3.1.1 where that is the user's turn", () => {
    const plan = planOf(["mqtt", "wss"], `foo/${SCRATCH}`);
    const { presences } = new Batch([plan], { ...access, older: () => ["wss"] });
    expect(presences.map(({ connection: { listener, version } }) => [listener, version])).toEqual([
      ["mqtt", 5],
      ["wss", 5],
      ["wss", 4],
    ]);
    const topics = presences.map(({ reads }) => reads.map(({ topic }) => topic));
    expect(new Set(topics.map(String)).size).toBe(1);
  });

  it("lets a user's connections carry its wills, and has no further one but for wills that are more", () => {
    const plan = planOf(["mqtt", "mqtts", "ws"]);
    const wills = willsOn(plan, "mqtts", "ws", "mqtts", "mqtt");
    const batch = new Batch([{ ...plan, wills }], { ...access, older: () => ["mqtts"] });
    const own = new Set(batch.presences.map(({ connection }) => connection));
    const carried = batch.wills.filter(({ connection }) => own.has(connection));
    expect(carried.map(({ connection: { listener, version } }) => [listener, version])).toEqual([
      ["ws", 5],
      ["mqtts", 5],
      ["mqtts", 4],
    ]);
    expect(batch.wills.map(({ probe }) => probe.rule).sort()).toEqual(wills.map(({ rule }) => rule).sort());
    expect(batch.wills.every(({ to }) => to.listener === "mqtt")).toBe(true);
  });

  it("says of what a low limit of connections leaves out that it is not applicable", () => {
    const plan = planOf(["mqtt"], `foo/${SCRATCH}`);
    const batch = new Batch([plan], { ...access, room: 1, older: () => ["mqtt"] });
    const older = checksOf(batch).filter(({ version, subject }) => version === 4 && subject === "Policy");
    expect(older.length).toBeGreaterThan(0);
    expect(older.every(({ reason }) => reason?.includes("connectionsPerListener"))).toBe(true);
  });
});
