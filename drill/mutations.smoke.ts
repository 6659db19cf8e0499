import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import type { Check } from "../smoke-tests/proof.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { mutatedPolicy } from "./mutated-policy.ts";
import { stackMutations } from "./mutations.ts";
import { Tampering } from "./tampering.ts";

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
let tampering: Tampering;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), mutatedPolicy);
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
  tampering = await Tampering.begin(throwaway.stack.name, outputs.broker.image);
});

afterAll(async () => {
  await tampering?.end();
  await throwaway.remove();
});

async function failures(): Promise<readonly Check[]> {
  const { checks } = await proveStack(outputs, { stack: throwaway.stack.name });
  return checks.filter(({ outcome }) => outcome === "failed");
}

describe("a broker whose files are what the stack has delivered", () => {
  it("passes the smoke tests", async () => {
    expect(await failures()).toEqual([]);
  });
});

describe("the smoke tests notice that", () => {
  it.each(stackMutations)("$name", async ({ change, caught }) => {
    const files = change(tampering.files);
    try {
      await tampering.put(files);
      expect(await failures()).toContainEqual(expect.objectContaining(caught));
    } finally {
      await tampering.restore(files);
    }
  });
});

describe("a broker whose files were put right again", () => {
  it("passes the smoke tests", async () => {
    expect(await failures()).toEqual([]);
  });
});
