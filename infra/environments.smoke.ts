import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { connackCode } from "../smoke-tests/client.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

/** One of the stacks, and what it said of itself last. */
interface Environment {
  readonly stack: ThrowawayStack;
  outputs: StackOutputs;
}

const rights = { readwrite: ["naboom/#"] };

let first: Environment;
let second: Environment;
let bystander: MqttClient;
const received: string[] = [];
let disconnections = 0;

beforeAll(async () => {
  const create = () => ThrowawayStack.create(inject("workbench"), { users: { web: rights } });
  const stacks = await Promise.all([create(), create()]);
  const ready = stacks.map(async (stack): Promise<Environment> => ({ stack, outputs: await up(stack) }));
  // Both are waited for, so that both can be removed.
  const [one, other] = await Promise.allSettled(ready);
  if (one?.status !== "fulfilled" || other?.status !== "fulfilled") {
    await Promise.all(stacks.map((stack) => stack.remove()));
    throw new Error(`two stacks do not come up at the same time: ${JSON.stringify([one, other])}`);
  }
  [first, second] = [one.value, other.value];
  bystander = await follow(second.outputs);
});

afterAll(async () => {
  await bystander?.endAsync(true);
  for (const { stack } of [first, second]) if ((await stack.leftovers()).length > 0) await stack.remove();
});

describe("two stacks that came up on one engine at the same time", () => {
  it("are both proved", async () => {
    for (const { stack, outputs } of [first, second]) {
      const proof = await proveStack(outputs, { stack: stack.stack.name });
      expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      expect(proof.failed).toBe(0);
    }
  });

  it("know nothing of each other's users and CA", async () => {
    expect(first.outputs.authority).not.toBe(second.outputs.authority);
    expect(await answer(second.outputs, second.outputs)).toBe(0);
    expect(await answer(second.outputs, first.outputs)).toBe(0x87);
  });

  it("may not have the same port, which the sentence names with the other's container and a way out", async () => {
    const { port } = listenerIn(second.outputs.listeners, "mqtt");
    const { stack } = first;
    await stack.configure({ users: { web: rights }, listeners: { ...stack.ports, mqtt: { port } } });
    const before = await stack.containerRuns("broker", "publish", "reload");
    const { exitCode, output } = await stack.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      `port ${port} on 127.0.0.1, wanted for listener mqtt, is taken by the container ${second.stack.prefix}-broker; ` +
        `stop that, or choose another port: npm run pulumi -- --stack ${stack.stack.name} config set --path ` +
        `'naboom-mqtt:listeners.mqtt.port' ${port + 10_000}`,
    );
    expect(await stack.containerRuns("broker", "publish", "reload")).toBe(before);
  });

  it("leave each other alone when one is rotated", async () => {
    const untouched = await state(second);
    const old = first.outputs;
    await first.stack.configure({
      users: { web: { ...rights, generation: 2 } },
      certificates: { serverGeneration: 2 },
    });
    first.outputs = await up(first.stack);
    expect(await answer(first.outputs, old)).toBe(0x87);
    expect(await state(second)).toEqual(untouched);
    await expectHeard("after the rotation");
  });

  it("leave each other alone when one is removed", async () => {
    const untouched = await state(second);
    await first.stack.remove();
    expect(await state(second)).toEqual(untouched);
    await expectHeard("after the removal");
    expect((await proveStack(second.outputs, { stack: second.stack.stack.name })).failed).toBe(0);
  });
});

async function up(stack: ThrowawayStack): Promise<StackOutputs> {
  const { exitCode, output } = await stack.up();
  expect(exitCode, output).toBe(0);
  return stackOutputs.parse(await stack.stack.outputs());
}

/** What must not change: its containers' runs, its things on the engine, its outputs. */
async function state({ stack }: Environment): Promise<unknown> {
  return {
    runs: await stack.containerRuns("broker", "publish", "reload"),
    things: await stack.leftovers(),
    outputs: stackOutputs.parse(await stack.stack.outputs()),
  };
}

/** A client that counts how often its connection ends, and keeps what it hears. */
async function follow({ listeners, credentials }: StackOutputs): Promise<MqttClient> {
  const { host, port } = listenerIn(listeners, "mqtt");
  const client = mqtt.connect({ host, port, reconnectPeriod: 0, ...credentials.web });
  client.on("message", (_, payload) => received.push(payload.toString()));
  client.on("close", () => {
    disconnections += 1;
  });
  await new Promise<void>((resolve, reject) => client.once("connect", () => resolve()).once("error", reject));
  await client.subscribeAsync("naboom/news");
  return client;
}

async function expectHeard(message: string): Promise<void> {
  await bystander.publishAsync("naboom/news", message, { qos: 1 });
  await expect.poll(() => received.at(-1)).toBe(message);
  expect(disconnections).toBe(0);
}

/** The code that the first of two stacks answers the second one's user with. */
function answer({ listeners, certificates }: StackOutputs, { credentials }: StackOutputs): Promise<number> {
  const { host, port } = listenerIn(listeners, "mqtt");
  const endpoint = { listener: "mqtt" as const, host, port, authority: certificates.authority };
  return connackCode(endpoint, { version: 5, clientId: "environments", ...credentials.web });
}
