import { afterEach, describe, expect, inject, it } from "vitest";
import type { AccessRule } from "../mosquitto/acl.ts";
import { AccountPool } from "../smoke-tests/account-pool.ts";
import { endpointOf } from "../smoke-tests/endpoint.ts";
import { logIn } from "../smoke-tests/policy/log-in.ts";
import type { IncomingMessage } from "../smoke-tests/policy/packets.ts";
import { type PolicyProgress, provePolicy } from "../smoke-tests/policy/policy-proof.ts";
import { askPolicy } from "../smoke-tests/policy/policy-questions.ts";
import type { Check } from "../smoke-tests/proof.ts";
import { startTwin, type TestTwin, type TestTwinOptions, type TwinUsers } from "../testing/twin-fixture.ts";

const image = inject("workbench").environment.NABOOM_MQTT_IMAGE ?? "";

function rule(access: AccessRule["access"], filter: string): AccessRule {
  return { access, filter };
}

/** Users with five rules each, most of which no two users have in common. */
function crowd(count: number): TwinUsers {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const group = `naboom/groups/${index}`;
      const rules = [
        rule("readwrite", `${group}/chat/#`),
        rule("read", `${group}/events/#`),
        rule("read", "naboom/community/#"),
        rule("write", `${group}/events/+`),
        rule("deny", `${group}/chat/closed/#`),
      ];
      return [`user-${index}`, { rules }];
    }),
  );
}

const topics = ["naboom/alerts", "naboom/community", "naboom/closed"] as const;

/** Rules without wildcards, whose topics real clients would be on. */
const residents: TwinUsers = {
  everybody: {
    rules: [...topics.slice(0, 2).map((topic) => rule("readwrite", topic)), rule("deny", topics[2])],
  },
  member: { rules: [rule("readwrite", "naboom/community/#")], listeners: ["mqtts", "ws"] },
  bystander: { rules: [rule("read", "#"), rule("read", "$SYS/broker/version")] },
};

let twin: TestTwin;

afterEach(() => twin?.stop());

async function start(options: Omit<TestTwinOptions, "image">): Promise<TestTwin> {
  twin = await startTwin({ image, ...options });
  return twin;
}

function sum(checks: readonly Check[], wanted: Check["outcome"]): number {
  return checks.reduce((all, { outcome, count = 1 }) => (outcome === wanted ? all + count : all), 0);
}

function failed(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ outcome }) => outcome === "failed");
}

describe("the proof of the policy on a twin", () => {
  it.each([
    ["strict order and hardly any queue", { inflightMessages: 1, queuedMessages: 1, queuedBytes: 1 }],
    ["10 connections for each listener", { connectionsPerListener: 10 }],
  ])("holds with %s, and leaves nothing out", async (_, limits) => {
    const few = await provePolicy((await start({ users: crowd(3), limits })).target);
    await twin.stop();
    const usual = await provePolicy((await start({ users: crowd(3) })).target);
    expect(failed(few)).toEqual([]);
    expect(sum(few, "proved")).toBe(sum(usual, "proved"));
  });

  it("says what a listener leaves no room for that takes one connection", async () => {
    const limits = { connectionsPerListener: 1 };
    const checks = await provePolicy((await start({ users: crowd(2), limits })).target);
    expect(failed(checks)).toEqual([]);
    const reasons = checks.flatMap(({ reason }) => reason ?? []);
    expect(reasons.some((reason) => reason.includes("connectionsPerListener"))).toBe(true);
  });

  it("holds where client ids are the accounts'", async () => {
    const patterns = [rule("readwrite", "devices/%c/#")];
    const checks = await provePolicy((await start({ users: crowd(3), patterns, clientIds: "own" })).target);
    expect(failed(checks)).toEqual([]);
    expect(checks.filter(({ outcome }) => outcome === "proved").length).toBeGreaterThan(500);
  });

  it("proves topics without a wildcard as it does all others", async () => {
    const checks = await provePolicy((await start({ users: residents })).target);
    expect(failed(checks)).toEqual([]);
    const alerts = checks.filter(({ rule }) => rule === "readwrite naboom/alerts");
    expect(alerts.filter(({ name }) => name === "what may be written arrives")).toHaveLength(4 + 1);
    expect(alerts.filter(({ outcome }) => outcome === "not applicable")).toEqual([]);
  });

  it("proves some users with the others as their partners, and says how far it is", async () => {
    const progress: PolicyProgress[] = [];
    const users = ["user-7", "user-70"];
    const onProgress = (step: PolicyProgress) => void progress.push(step);
    const checks = await provePolicy((await start({ users: crowd(100) })).target, { users, onProgress });
    expect(failed(checks)).toEqual([]);
    expect(new Set(checks.map(({ user }) => user))).toEqual(new Set(users));
    expect(progress.at(-1)?.done).toBe(1);
  });

  it("counts the checks of many users, and keeps those that failed whole", async () => {
    const missing = (text: string) => text.replace("topic write naboom/groups/37/events/+\n", "");
    await start({ users: crowd(40), changeAcl: missing });
    const checks = await provePolicy(twin.target, { every: false });
    expect(checks.length).toBeLessThan(300);
    expect(sum(checks, "proved")).toBeGreaterThan(8_000);
    expect(new Set(failed(checks).map(({ rule }) => rule))).toContain("write naboom/groups/37/events/+");
  });

  it("that is interrupted has failed", async () => {
    const target = (await start({ users: crowd(3) })).target;
    const checks = await provePolicy(target, { signal: AbortSignal.abort() });
    expect(failed(checks)).toHaveLength(1);
  });
});

describe("the questions to a running broker", () => {
  it.each([
    ["free", {}],
    ["the accounts'", { clientIds: "own" } as const],
    ["free, and one message is in flight", { limits: { inflightMessages: 1 } }],
  ])("reach no client where client ids are %s", async (_, options) => {
    const { target } = await start({ users: residents, ...options });
    const { username, password } = target.outputs.credentials.bystander ?? {};
    const received: IncomingMessage[] = [];
    // As a client of the user's own, whose id is the account's where they all are.
    const endpoint = endpointOf(
      target,
      "mqtt",
      new AccountPool({ ...target.outputs, proofCredentials: {} }, "policy"),
    );
    const about = { version: 5, clientId: "a-real-client", username, password } as const;
    const client = await logIn(endpoint, about, (message) => void received.push(message));
    await client.subscribe([{ filters: ["#", "$share/group/#"], identifier: 1 }]);
    const checks = await askPolicy(target, { users: Object.keys(residents) });
    await client.ping();
    expect(received).toEqual([]);
    expect(failed(checks)).toEqual([]);
    const held = checks.filter(
      ({ rule, name }) => rule === "readwrite naboom/alerts" && /held back/.test(name),
    );
    expect(held.map(({ outcome }) => outcome)).toEqual(["proved", "proved", "proved", "proved"]);
    const version = checks.filter(
      ({ user, name }) => user === "bystander" && /where a rule says so/.test(name),
    );
    expect(version.map(({ outcome }) => outcome)).toEqual(["proved", "proved", "proved", "proved"]);
    await client.close();
  });

  it("find a rule that is missing and one that is too wide", async () => {
    const change = (acl: string) =>
      acl.replace("topic readwrite naboom/alerts\n", "").replace("naboom/community/#", "naboom/#");
    await start({ users: residents, changeAcl: change });
    const checks = failed(await askPolicy(twin.target, { users: Object.keys(residents) }));
    const found = checks.map(({ user, rule, name }) => `${user}: ${rule}: ${name}`);
    expect(found).toContain(
      "everybody: readwrite naboom/alerts: what may be written is taken, and held back",
    );
    expect(found).toContain(
      "member: readwrite naboom/community/#: what may not be written is answered with 0x87",
    );
  });
});
