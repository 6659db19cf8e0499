import { connect, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type ListenerName, listenerIn, listenerNames } from "../mosquitto/listener.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

const users = {
  web: { read: ["naboom/#"] },
  worker: { readwrite: ["naboom/#"], connections: 2 },
};

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
const open: MqttClient[] = [];

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), { users, clientIds: "own" });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
});

afterAll(async () => {
  await Promise.all(open.map((client) => client.endAsync(true)));
  await throwaway.remove();
});

/** A client, and the topics of the messages that came to it, from its first moment on. */
interface Listening {
  readonly client: MqttClient;
  readonly heard: string[];
}

async function logIn(
  listener: ListenerName,
  { username, password }: { readonly username: string; readonly password: string },
  clientId: string,
): Promise<Listening> {
  const options = { username, password, clientId, reconnectPeriod: 0, clean: false } as const;
  const client = connect(listenerIn(outputs.listeners, listener).url, { ca: outputs.authority, ...options });
  open.push(client);
  const heard: string[] = [];
  client.on("message", (topic) => heard.push(topic));
  await new Promise((resolve, reject) => {
    client.once("connect", resolve);
    client.on("error", reject);
  });
  return { client, heard };
}

function accountOf(user: string) {
  const credential = outputs.credentials[user];
  if (credential === undefined) throw new Error(`the outputs have no credential of ${user}`);
  return credential;
}

describe("where client ids are own", () => {
  it("another user that asks for a client's id ends nothing, on any listener, and takes no session over", async () => {
    const [worker, second] = [accountOf("worker"), accountOf("worker").connections[0]];
    if (second === undefined) throw new Error("worker has no second connection");
    const sender = await logIn("mqtt", second, "sender");
    const web = await logIn("mqtts", accountOf("web"), "web");
    await web.client.subscribeAsync("naboom/#", { qos: 1 });
    for (const listener of listenerNames) {
      const other = await logIn(listener, worker, "web");
      expect(other.client.connected).toBe(true);
      await sender.client.publishAsync(`naboom/${listener}`, "still here", { qos: 1 });
      await vi.waitFor(() => expect(web.heard).toContain(`naboom/${listener}`), 5_000);
      expect(web.client.connected).toBe(true);
    }
  });

  it("a user's own further connections have accounts of their own, and do not end each other", async () => {
    const { connections, ...first } = accountOf("worker");
    const clients = [await logIn("mqtt", first, "same")];
    for (const account of connections) clients.push(await logIn("mqtt", account, "same"));
    expect(clients.map(({ client }) => client.connected)).toEqual([true, true]);
    await logIn("mqtts", first, "any");
    await vi.waitFor(() => expect(clients[0]?.client.connected).toBe(false), 5_000);
    expect(clients[1]?.client.connected).toBe(true);
  });

  it("the smoke tests prove the stack, its client ids among it, and disturb no client", async () => {
    const web = await logIn("mqtts", accountOf("web"), "web");
    await web.client.subscribeAsync("naboom/kept", { qos: 1 });
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    const takeovers = proof.checks.filter(({ name }) => name.startsWith("another user that asks"));
    // On each listener with both versions, and once for the one set of roles that there is.
    expect(takeovers.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 9 }, () => "proved"));
    expect(web.client.connected).toBe(true);
  });

  it("a session outlives its client, whatever id it comes back with", async () => {
    const web = await logIn("ws", accountOf("web"), "one");
    await web.client.subscribeAsync("naboom/later", { qos: 1 });
    await web.client.endAsync();
    const sender = await logIn("mqtt", accountOf("worker"), "sender");
    await sender.client.publishAsync("naboom/later", "kept", { qos: 1 });
    const again = await logIn("mqtt", accountOf("web"), "two");
    await vi.waitFor(() => expect(again.heard).toContain("naboom/later"), 5_000);
  });
});
