import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { connect } from "../smoke-tests/client.ts";
import type { Proof } from "../smoke-tests/proof.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
});

afterAll(() => throwaway.remove());

async function bringUp(settings: Parameters<ThrowawayStack["configure"]>[0]): Promise<StackOutputs> {
  await throwaway.configure(settings);
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  return stackOutputs.parse(await throwaway.stack.outputs());
}

async function prove(outputs: StackOutputs): Promise<Proof> {
  const proof = await proveStack(outputs, { stack: throwaway.stack.name });
  expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  return proof;
}

describe("the smoke tests", () => {
  it("prove a listener that nobody can come to, and topics that begin with $", async () => {
    const outputs = await bringUp({
      users: { web: { readwrite: ["naboom/#", "$naboom/#"], listeners: ["ws", "wss"] } },
      clientCertificates: { mqtts: "besides-password" },
    });
    const { checks } = await prove(outputs);
    const refused = checks.find(({ name }) => name === "a client without a certificate is refused");
    expect([refused?.listener, refused?.outcome]).toEqual(["mqtts", "proved"]);
  });

  it("say nothing on topics without a wildcard, which real clients are on", async () => {
    const topics = ["naboom/alerts", "naboom/community", "naboom/closed"];
    const outputs = await bringUp({
      users: {
        everybody: { readwrite: topics.slice(0, 2), deny: ["naboom/closed"] },
        member: { readwrite: ["naboom/community/#"] },
        bystander: { read: topics },
      },
    });
    const { host, port } = listenerIn(outputs.listeners, "mqtt");
    const endpoint = { listener: "mqtt", host, port, authority: outputs.certificates.authority } as const;
    const credential = { ...outputs.credentials.bystander, version: 5 as const };
    const bystander = await connect(endpoint, { ...credential, clientId: "a-real-client" });
    await bystander.subscribe(topics);
    const { checks } = await prove(outputs);
    await bystander.ping();
    expect(bystander.received).toEqual([]);
    await bystander.close();
    const held = checks.filter(
      ({ rule, name }) => rule === "readwrite naboom/alerts" && /held back/.test(name),
    );
    expect(held.map(({ outcome }) => outcome)).toEqual(["proved", "proved", "proved", "proved"]);
  });
});
