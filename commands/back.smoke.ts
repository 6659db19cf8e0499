import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { connackCode } from "../smoke-tests/client.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { goBack } from "./back.ts";

let throwaway: ThrowawayStack;

const rights = { readwrite: ["naboom/#"] };

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
});

afterAll(() => throwaway.remove());

describe("going back", () => {
  it("is refused where there is nothing to go back to", async () => {
    await expect(goBack(throwaway.stack.name)).rejects.toThrow(/is not up; bring it up with: npm run up/);
    await update(1);
    await expect(goBack(throwaway.stack.name)).rejects.toThrow(/there is no earlier revision/);
  });

  it("has the previous password taken and the new one refused, until the next `up` delivers what the config says", async () => {
    const first = await outputs();
    await update(2);
    const second = await outputs();
    expect([await answer(first), await answer(second)]).toEqual([0x87, 0]);
    await goBack(throwaway.stack.name);
    expect([await answer(first), await answer(second)]).toEqual([0, 0x87]);
    await expect(goBack(throwaway.stack.name)).rejects.toThrow(/there is no earlier revision/);
    expect([await answer(first), await answer(second)]).toEqual([0, 0x87]);
    await update(2);
    expect([await answer(first), await answer(second)]).toEqual([0x87, 0]);
  });

  it("is refused where mosquitto.conf was another, which would take a restart", async () => {
    await update(2, { limits: { packetBytes: 50_000 } });
    await expect(goBack(throwaway.stack.name)).rejects.toThrow(
      /^the broker is left as it was: rev-.* has another mosquitto.conf, .* change Pulumi\./,
    );
    expect(await answer(await outputs())).toBe(0);
  });
});

async function update(generation: number, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await throwaway.configure({ users: { web: { ...rights, generation } }, ...more });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
}

async function outputs(): Promise<StackOutputs> {
  return stackOutputs.parse(await throwaway.stack.outputs());
}

/** The code that the broker answers a log-in with. */
function answer({ listeners, certificates, credentials }: StackOutputs): Promise<number> {
  const { host, port } = listenerIn(listeners, "mqtt");
  const endpoint = { listener: "mqtt" as const, host, port, authority: certificates.authority };
  return connackCode(endpoint, { version: 5, clientId: "back", ...credentials.web });
}
