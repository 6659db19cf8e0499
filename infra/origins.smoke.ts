import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Check } from "../smoke-tests/proof.ts";
import { proveRunningBroker } from "../smoke-tests/prove.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

const ORIGINS = ["https://app.example.org", "http://localhost:3000"];

let throwaway: ThrowawayStack;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  await bringUp();
});

afterAll(() => throwaway.remove());

describe("the origins of pages", () => {
  it("are none by default, while clients that are no browsers are let in", async () => {
    expect((await checks(await outputs())).map(({ listener, outcome }) => [listener, outcome])).toEqual([
      ["ws", "proved"],
      ["wss", "proved"],
      ["ws", "not applicable"],
      ["wss", "not applicable"],
    ]);
  });

  it("are taken over by a reload, and no others are let in", async () => {
    const before = await throwaway.containerRuns("broker");
    await throwaway.configure({ listeners: { ...throwaway.ports, origins: ORIGINS } });
    await bringUp();
    expect(await throwaway.containerRuns("broker")).toBe(before);
    const after = await outputs();
    expect(after.origins).toEqual(ORIGINS);
    expect((await checks(after)).map(({ outcome }) => outcome)).toEqual(Array(4).fill("proved"));
    expect(
      (await checks({ ...after, origins: ["https://other.example.org"] })).map(({ seen }) => seen),
    ).toEqual([undefined, undefined, "socket hang up", "socket hang up"]);
  });
});

async function bringUp(): Promise<void> {
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
}

async function outputs(): Promise<StackOutputs> {
  return stackOutputs.parse(await throwaway.stack.outputs());
}

/** What the smoke tests say of other origins, then of allowed ones, on ws and on wss. */
async function checks(given: StackOutputs): Promise<readonly Check[]> {
  const proof = await proveRunningBroker({ outputs: given }, { stack: throwaway.stack.name });
  const all = proof.checks.filter(({ name }) => name.startsWith("a page of "));
  return all.toSorted((one, other) => order(one) - order(other));
}

function order({ name, listener }: Check): number {
  return (name.includes("another origin") ? 0 : 2) + (listener === "ws" ? 0 : 1);
}
