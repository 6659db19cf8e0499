import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

const users = {
  service: { readwrite: ["naboom/#"] },
  web: { read: ["naboom/#"], listeners: ["mqtts", "wss"] },
};

let throwaway: ThrowawayStack;
let outputs: StackOutputs;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), { users });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
});

afterAll(() => throwaway.remove());

describe("listeners that are switched off", () => {
  it("take a restart, of which `up` tells, and whom it shuts out", async () => {
    await throwaway.configure({ users, listeners: { ...throwaway.ports, ws: "off", wss: "off" } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the broker restarts, since its configuration, image, ports,");
    expect(output).toContain("user service may no longer log in on ws, wss");
    expect(output).toContain("user web may no longer log in on wss");
    outputs = stackOutputs.parse(await throwaway.stack.outputs());
  });

  it("are in no output, on no port and in no file", async () => {
    expect(Object.keys(outputs.listeners)).toEqual(["mqtt", "mqtts"]);
    expect(outputs.users.web?.listeners).toEqual(["mqtts"]);
    const broker = `${throwaway.prefix}-broker`;
    const { stdout: ports } = await execa`docker port ${broker}`;
    expect(ports.match(/^\d+/gm)?.sort()).toEqual(["1883", "8883"]);
    const { stdout: files } = await execa`docker exec ${broker} ls /mosquitto/revisions/current/`;
    expect(files.match(/^passwd-\w+$/gm)).toEqual(["passwd-internal", "passwd-mqtt", "passwd-mqtts"]);
    const script = "grep -cE 'ws|808|8884' /mosquitto/revisions/current/mosquitto.conf";
    const { stdout: mentions } = await execa({ reject: false })`docker exec ${broker} sh -c ${script}`;
    expect(mentions).toBe("0");
  });

  it("are left out of the proof, which holds for those that are on", async () => {
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    const proved = new Set(proof.checks.map(({ listener }) => listener));
    expect([...proved].filter((listener) => listener !== undefined).sort()).toEqual(["mqtt", "mqtts"]);
    expect(proof.passed).toBeGreaterThan(100);
  });

  it("may be all but one, without TLS", async () => {
    const listeners = { mqtt: "off", mqtts: "off", ws: throwaway.ports.ws, wss: "off" };
    await throwaway.configure({ users: { service: users.service }, listeners });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    const proof = await proveStack(stackOutputs.parse(await throwaway.stack.outputs()), { stack: "test" });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });
});
