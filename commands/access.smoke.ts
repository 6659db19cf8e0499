import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type AccessReview, reviewAccess } from "../infra/access-review.ts";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { undelivered } from "../infra/delivered-access.ts";
import { sampleSettings } from "../infra/sample-settings.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { connect } from "../smoke-tests/client.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { readAccessUse, readDeliveredAccess } from "./access-broker.ts";

const config = {
  users: {
    web: { read: ["naboom/news", "naboom/alerts/+"], write: ["naboom/chat"], listeners: ["mqtt", "wss"] },
    idle: { readwrite: ["naboom/idle"] },
  },
  patterns: { read: ["naboom/devices/%c"] },
};
const policy = sampleSettings(config);

let throwaway: ThrowawayStack;
let outputs: StackOutputs;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), config);
});

afterAll(() => throwaway.remove());

describe("the use of a policy", () => {
  it("is not known of a stack that is not up, nor is what was delivered", async () => {
    expect(await readAccessUse(throwaway.stack.name, policy)).toBeUndefined();
    expect(await readDeliveredAccess(throwaway.stack.name)).toBeUndefined();
  });

  it("is none after an `up` and its smoke tests", async () => {
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    outputs = stackOutputs.parse(await throwaway.stack.outputs());
    const { failed, passed } = await proveStack(outputs, { stack: throwaway.stack.name });
    expect([failed, passed > 0]).toEqual([0, true]);
    const found = await review();
    expect(found.log).toMatchObject({ isWhole: true });
    expect(lastLogIns(found)).toEqual({ web: "never", idle: "never" });
    expect(readsOf(found)).toEqual({
      "naboom/news": "never",
      "naboom/alerts/+": "never",
      "naboom/idle": "never",
      "naboom/devices/%c": "never",
    });
  });

  it("is known of a user that logs in and subscribes, of what it subscribes to only", async () => {
    const before = new Date(Date.now() - 1_000).toISOString();
    const { host, port } = listenerIn(outputs.listeners, "mqtt");
    const endpoint = { listener: "mqtt" as const, host, port, authority: outputs.certificates.authority };
    const client = await connect(endpoint, {
      version: 5,
      clientId: "wall panel",
      ...outputs.credentials.web,
    });
    await client.subscribe(["naboom/news"]);
    await client.subscribe(["$share/panels/naboom/devices/wall panel"]);
    await client.close();
    // The engine takes the broker's lines over a moment after they were written.
    const reads = async () => readsOf(await review());
    await expect.poll(reads, { timeout: 20_000, interval: 500 }).toEqual({
      "naboom/news": expect.stringMatching(/^\d{4}-/),
      "naboom/alerts/+": "never",
      "naboom/idle": "never",
      "naboom/devices/%c": expect.stringMatching(/^\d{4}-/),
    });
    const last = lastLogIns(await review());
    expect(last).toEqual({ web: expect.any(String), idle: "never" });
    expect(String(last.web) >= before).toBe(true);
  });
});

describe("what a running broker has of the policy", () => {
  it("is all of it after an `up`", async () => {
    expect(undelivered(policy, await delivered())).toEqual([]);
  });

  it("is told from what the config has come to say since", async () => {
    const { web, idle } = config.users;
    const otherwise = { web: { ...web, listeners: ["mqtt"] }, idle: { read: idle.readwrite }, new: web };
    const changed = sampleSettings({ ...config, users: otherwise });
    expect([...undelivered(changed, await delivered())].sort()).toEqual(["idle", "new", "web"]);
    expect(undelivered(sampleSettings({ users: config.users }), await delivered())).toEqual([
      "everyone's patterns",
    ]);
  });
});

async function review(): Promise<AccessReview> {
  return reviewAccess(policy, await readAccessUse(throwaway.stack.name, policy));
}

async function delivered() {
  return (await readDeliveredAccess(throwaway.stack.name)) ?? expect.fail("the broker was not asked");
}

function lastLogIns({ places }: AccessReview): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    places.flatMap(({ name, login }) => (login === undefined ? [] : [[name, login.last]])),
  );
}

function readsOf({ places }: AccessReview): Readonly<Record<string, unknown>> {
  const rules = places.flatMap((place) => place.rules).filter(({ use }) => use.read !== undefined);
  return Object.fromEntries(rules.map(({ filter, use }) => [filter, use.read]));
}
