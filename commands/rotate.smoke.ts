import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { parseSettings } from "../infra/settings.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { connackCode } from "../smoke-tests/client.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { planChange } from "./rotate.ts";

type Users = Record<string, Record<string, unknown>>;

let throwaway: ThrowawayStack;
const users: Users = {
  a: { readwrite: ["naboom/#"] },
  b: { readwrite: ["naboom/#"], rotation: "overlap" },
  c: { readwrite: ["naboom/#"] },
};

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  await update();
});

afterAll(() => throwaway.remove());

describe("rotating users one after the other", () => {
  it("gives each a password of its own day, also where two accounts take turns and the number was another user's", async () => {
    const first = await outputs();
    await rotate("users", "a");
    const second = await outputs();
    await rotate("users", "b");
    const third = await outputs();
    expect(third.users.b).toMatchObject({ generation: 2, accounts: ["b-b", "b"] });
    expect(issued(first, "a")).toBe(issued(first, "b"));
    expect(issued(second, "a")).toBeGreaterThan(issued(first, "a"));
    expect(issued(third, "b")).toBeGreaterThan(issued(second, "a"));
    expect(issued(third, "a")).toBe(issued(second, "a"));
    expect([await answer(first, "b"), await answer(third, "b")]).toEqual([0, 0]);
    expect([await answer(first, "a"), await answer(second, "a")]).toEqual([0x87, 0]);
  });

  it("leaves the current account of those that take turns its password, and ends the one before", async () => {
    const [first, second] = [await outputs(), await rotate("users", "b")];
    expect(second.users.b?.accounts).toEqual(["b", "b-b"]);
    expect([await answer(first, "b"), await answer(second, "b")]).toEqual([0, 0]);
    const retired = await rotate("retire", "b");
    expect(retired.users.b?.accounts).toEqual(["b"]);
    expect([await answer(first, "b"), await answer(retired, "b")]).toEqual([0x87, 0]);
    expect(retired.credentials).toEqual(second.credentials);
  });

  it("takes no seed of a user that the config has lost, and the broker has not", async () => {
    const before = await rotate("users", "c");
    delete users.c;
    const after = await rotate("users", "a");
    expect(issued(after, "a")).toBeGreaterThan(issued(before, "c"));
    expect([await answer(before, "a"), await answer(after, "a")]).toEqual([0x87, 0]);
  });
});

/** Does what the command does to the config, and updates. */
async function rotate(what: string, name: string): Promise<StackOutputs> {
  const config = {
    settings: () => {
      const owner = { project: "naboom-mqtt", stack: throwaway.stack.name };
      const parsed = parseSettings({ "naboom-mqtt:users": JSON.stringify(users) }, owner);
      if (!parsed.success) throw new Error(parsed.faults.join());
      return parsed.data;
    },
    set: ([, user = "", key = ""]: readonly string[], value: unknown) => {
      users[user] = { ...users[user], [key]: value };
    },
    remove: ([, user = "", key = ""]: readonly string[]) => {
      delete users[user]?.[key];
    },
    has: ([, user = "", key]: readonly string[]) =>
      users[user] !== undefined && (key === undefined || key in users[user]),
  };
  const change = planChange(config, what, [name], { finish: false, stack: throwaway.stack.name });
  await change(throwaway.stack);
  await update();
  return await outputs();
}

async function update(): Promise<void> {
  await throwaway.configure({ users });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
}

async function outputs(): Promise<StackOutputs> {
  return stackOutputs.parse(await throwaway.stack.outputs());
}

/** When a user's password was made, as a Unix time in milliseconds. */
function issued({ users }: StackOutputs, name: string): number {
  return Date.parse(users[name]?.passwordIssued ?? "");
}

/** The code that the broker answers a user's log-in with. */
function answer({ listeners, certificates, credentials }: StackOutputs, name: string): Promise<number> {
  const { host, port } = listenerIn(listeners, "mqtt");
  const endpoint = { listener: "mqtt" as const, host, port, authority: certificates.authority };
  const { username, password } = credentials[name] ?? { username: "", password: "" };
  return connackCode(endpoint, { version: 5, clientId: "rotate", username, password });
}
