import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { refuseProtected, stop } from "../commands/down.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;

const users = { web: { readwrite: ["naboom/#"] } };

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), { users, protect: true });
  await update({});
});

afterAll(async () => {
  // A test that failed may have left it protected.
  await throwaway.stack.run(["state", "unprotect", "--all", "--yes"], { capture: true });
  await throwaway.remove();
});

describe("a protected stack", () => {
  it("has its messages and the key of its CA protected, and nothing else", async () => {
    expect(await protectedNames()).toEqual(["authority-key-1", "data"]);
  });

  it("is not taken down, and the sentence says what would be lost and how to go on", async () => {
    const before = await throwaway.containerRuns("broker");
    const { name } = throwaway.stack;
    const sentence =
      `stack ${name} is protected, so nothing was removed: its messages (volume ${throwaway.prefix}-data) and its CA's key would be lost; ` +
      `to take the protection off: npm run pulumi -- --stack ${name} config set --path 'naboom-mqtt:protect' false && npm run up -- --stack ${name}; ` +
      `to stop the stack and keep them: npm run down -- --stack ${name} --keep-data`;
    const refusal: unknown = await refuseProtected(throwaway.stack).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "UserError" });
    expect(new Set((refusal as Error).message.split("; ").map(inOrder))).toEqual(
      new Set(sentence.split("; ").map(inOrder)),
    );
    expect(await throwaway.containerRuns("broker")).toBe(before);
  });

  it("is not destroyed by Pulumi's own command either", async () => {
    const before = await throwaway.containerRuns("broker", "publish", "reload");
    const { exitCode, stdout } = await throwaway.stack.run(["destroy", "--yes"], { capture: true });
    expect(exitCode).not.toBe(0);
    expect(stdout).toMatch(/cannot be deleted\s+because it is protected/);
    expect(await throwaway.containerRuns("broker", "publish", "reload")).toBe(before);
  });

  it("keeps its messages when only what runs is taken away, and goes on with them", async () => {
    const sender = await connect();
    await sender.publishAsync("naboom/kept", "retained", { retain: true, qos: 1 });
    await sender.endAsync();
    expect(await stop(throwaway.stack)).toBe(0);
    expect(await throwaway.leftovers()).toEqual([
      `volume ${throwaway.prefix}-data`,
      `volume ${throwaway.prefix}-revisions`,
    ]);
    await update({});
    const received: string[] = [];
    const receiver = await connect(received);
    await receiver.subscribeAsync("naboom/kept");
    await expect.poll(() => received).toEqual(["retained"]);
    await receiver.publishAsync("naboom/kept", "", { retain: true, qos: 1 });
    await receiver.endAsync();
  });

  it("has its CA replaced in two steps, and never in one, which is refused before anything changes", async () => {
    await throwaway.configure({ users, protect: true, certificates: { authorityGeneration: 2 } });
    const before = await throwaway.containerRuns("broker", "publish", "reload");
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("which would delete the key of CA 1, which is protected");
    expect(await throwaway.containerRuns("broker", "publish", "reload")).toBe(before);

    // The record outlives the containers, so that Pulumi does not come to the key half-way.
    expect(await stop(throwaway.stack)).toBe(0);
    const down = await throwaway.up();
    expect(down.exitCode).not.toBe(0);
    expect(down.output).toContain("which would delete the key of CA 1, which is protected");
    expect(down.output).not.toContain("cannot be deleted");
    expect(await throwaway.leftovers()).toEqual([
      `volume ${throwaway.prefix}-data`,
      `volume ${throwaway.prefix}-revisions`,
    ]);

    await update({ certificates: { authorityGeneration: 2, authorityInForce: 1 } });
    expect(await protectedNames()).toEqual(["authority-key-2", "data"]);
    const outputs = await update({ certificates: { authorityGeneration: 2 } });
    expect(await protectedNames()).toEqual(["authority-key-2", "data"]);
    expect((await resources()).map(({ name }) => name)).not.toContain("authority-key-1");
    expect((await proveStack(outputs, { stack: throwaway.stack.name })).failed).toBe(0);
  });

  it("has passwords rotated, since their seeds are not protected", async () => {
    const before = stackOutputs.parse(await throwaway.stack.outputs());
    const certificates = { authorityGeneration: 2 };
    const after = await update({ certificates, users: { web: { ...users.web, generation: 2 } } });
    expect(after.credentials.web?.password).not.toBe(before.credentials.web?.password);
    await update({ certificates, users: { web: { ...users.web, generation: 3 } } });
  });

  it("is free again once the config says so, and may then be taken down", async () => {
    await update({
      protect: false,
      certificates: { authorityGeneration: 2 },
      users: { web: { ...users.web, generation: 3 } },
    });
    expect(await protectedNames()).toEqual([]);
    await expect(refuseProtected(throwaway.stack)).resolves.toBeUndefined();
  });

  it("is protected from the moment that the config asks for it again, before an update has seen it", async () => {
    await throwaway.configure({ users, protect: true, certificates: { authorityGeneration: 2 } });
    expect(await protectedNames()).toEqual([]);
    const before = await throwaway.containerRuns("broker");
    const { name } = throwaway.stack;
    await expect(refuseProtected(throwaway.stack)).rejects.toThrow(
      `stack ${name} is protected by its config, so nothing was removed: its `,
    );
    expect(await throwaway.containerRuns("broker")).toBe(before);
    const off = ["config", "set", "--path", "naboom-mqtt:protect", "false"];
    expect((await throwaway.stack.run(off, { capture: true })).exitCode).toBe(0);
    await expect(refuseProtected(throwaway.stack)).resolves.toBeUndefined();
  });
});

/** Brings the stack up, protected unless the settings say otherwise, and reads its outputs. */
async function update(settings: Readonly<Record<string, unknown>>): Promise<StackOutputs> {
  await throwaway.configure({ users, protect: true, ...settings });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  return stackOutputs.parse(await throwaway.stack.outputs());
}

const state = z.object({
  deployment: z.object({
    resources: z.array(z.object({ urn: z.string(), protect: z.boolean().default(false) })),
  }),
});

async function resources(): Promise<readonly { readonly name: string; readonly protect: boolean }[]> {
  const { deployment } = state.parse(await throwaway.stack.export());
  return deployment.resources.map(({ urn, protect }) => ({ name: urn.split("::").at(-1) ?? "", protect }));
}

async function protectedNames(): Promise<readonly string[]> {
  return (await resources())
    .filter(({ protect }) => protect)
    .map(({ name }) => name)
    .sort();
}

/** The order in which the state lists what is protected is Pulumi's. */
function inOrder(text: string): string {
  return text.replace(/removed: (.*) would be lost/, (_, list: string) => list.split(" and ").sort().join());
}

async function connect(received: string[] = []): Promise<MqttClient> {
  const { listeners, credentials } = stackOutputs.parse(await throwaway.stack.outputs());
  const { host, port } = listenerIn(listeners, "mqtt");
  const client = mqtt.connect({ host, port, reconnectPeriod: 0, ...credentials.web });
  client.on("message", (_, payload) => received.push(payload.toString()));
  await new Promise<void>((resolve, reject) => client.once("connect", () => resolve()).once("error", reject));
  return client;
}
