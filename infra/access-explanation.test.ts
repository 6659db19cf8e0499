import { describe, expect, it } from "vitest";
import { explainAccess, ownReachOf, reachOf, type Want } from "./access-explanation.ts";
import { sampleSettings } from "./sample-settings.ts";

const config = {
  roles: {
    reader: { read: ["naboom/#"], deny: ["naboom/system/#"], patterns: { write: ["naboom/users/%u/#"] } },
  },
  users: {
    web: { roles: ["reader"], listeners: ["wss"] },
    service: { readwrite: ["naboom/system/#"], rotation: "overlap", generation: 2 },
  },
  patterns: { readwrite: ["naboom/devices/%c/#"] },
};
const policy = sampleSettings(config);

function ask(user: string, want: Want, topic: string, more: { clientId?: string } = {}) {
  return explainAccess(policy, { user, want, topic, ...more });
}

describe("an explanation", () => {
  it("names the rule, its role and the listeners", () => {
    expect(ask("web", "read", "naboom/news")).toMatchObject({
      allowed: true,
      rule: { access: "read", filter: "naboom/#", role: "reader" },
      others: [],
      listeners: ["wss"],
    });
    expect(ask("web", "write", "naboom/users/web/a").rule).toMatchObject({ pattern: "naboom/users/%u/#" });
  });

  it("names what a deny wins over", () => {
    const { allowed, rule, others } = ask("web", "read", "naboom/system/load");
    expect([allowed, rule?.access]).toEqual([false, "deny"]);
    expect(others.map(({ filter }) => filter)).toEqual(["naboom/#"]);
  });

  it("names the rules for the other access where none is for this one", () => {
    const { allowed, by, others } = ask("web", "write", "naboom/news");
    expect([allowed, by]).toEqual([false, "nothing"]);
    expect(others).toEqual([expect.objectContaining({ access: "read", filter: "naboom/#" })]);
  });

  it("finds the client id with which a pattern lets in, unless one is asked about", () => {
    const topic = "naboom/devices/lamp/on";
    expect(ask("service", "write", topic)).toMatchObject({
      allowed: true,
      by: "pattern",
      client: { clientId: "lamp" },
    });
    expect(ask("service", "write", topic, { clientId: "lamp" }).allowed).toBe(true);
    expect(ask("service", "write", topic, { clientId: "door" })).toMatchObject({
      allowed: false,
      by: "nothing",
    });
    expect(ask("service", "write", topic, { clientId: "a+b" })).toMatchObject({ allowed: false, by: "name" });
  });

  it("takes no other client id than the account's where that is what clients have", () => {
    const own = sampleSettings({ ...config, clientIds: "own" });
    const of = (topic: string) => explainAccess(own, { user: "web", want: "write", topic }).allowed;
    expect([of("naboom/devices/web/on"), of("naboom/devices/lamp/on")]).toEqual([true, false]);
  });

  it("says that the broker itself keeps a topic", () => {
    expect(ask("web", "write", "$SYS/broker/load")).toMatchObject({
      allowed: false,
      by: "reserved topic",
      others: [],
    });
  });
});

it("finds everyone who can reach a topic, by either access", () => {
  const found = reachOf(policy, "naboom/system/load").map(({ user, explanations: { read, write } }) => [
    user,
    read.allowed,
    write.allowed,
  ]);
  expect(found).toEqual([["service", true, true]]);
  expect(reachOf(policy, "naboom/devices/lamp/on").map(({ user }) => user)).toEqual(["web", "service"]);
  expect(reachOf(policy, "elsewhere")).toEqual([]);
});

describe("the accounts of the stack's own that can reach a topic", () => {
  const found = (given: typeof policy, topic: string) =>
    ownReachOf(given, topic).map(({ user, explanations: { read, write } }) => [
      user,
      ...(read.allowed ? ["read"] : []),
      ...(write.allowed ? ["write"] : []),
      ...read.listeners,
    ]);

  it("are the healthcheck's, on the internal listener, and by patterns as everybody's", () => {
    expect(found(policy, "$SYS/broker/version")).toEqual([["healthcheck", "read", "internal"]]);
    expect(found(policy, "naboom/devices/lamp/on")).toEqual([["healthcheck", "read", "write", "internal"]]);
    expect(found(policy, "$SYS/broker/uptime")).toEqual([]);
  });

  it("are one of the smoke tests' where its own client id opens the topic", () => {
    const own = sampleSettings({ ...config, clientIds: "own" });
    expect(found(own, "naboom/devices/web~proof-3/on")).toEqual([["web~proof-3", "read", "write", "wss"]]);
    expect(found(own, "naboom/devices/web~proof-33/on")).toEqual([]);
    expect(found(own, "naboom/devices/healthcheck/on")).toEqual([
      ["healthcheck", "read", "write", "internal"],
    ]);
    expect(found(own, "naboom/devices/lamp/on")).toEqual([]);
  });
});
