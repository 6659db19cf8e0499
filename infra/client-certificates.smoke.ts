import { connect as connectTls } from "node:tls";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { issue } from "../mosquitto/trial-certificate.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

const users = {
  web: { readwrite: ["naboom/#"] },
  monitor: { read: ["naboom/alerts/#"] },
};

const clientCertificates = { mqtts: "identity", wss: "besides-password" };

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
const open: MqttClient[] = [];

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), { users, clientCertificates });
  await bringUp();
});

afterAll(async () => {
  await Promise.all(open.map((client) => client.endAsync(true)));
  await throwaway.remove();
});

async function bringUp(): Promise<string> {
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
  return output;
}

function passwordOf(user: string): { username: string; password: string } {
  const { username, password } = outputs.credentials[user] ?? {};
  if (username === undefined || password === undefined) throw new Error(`${user} has no password`);
  return { username, password };
}

type KeyPair = { readonly certificate: string; readonly key: string };

function keyPairOf(user: string): KeyPair {
  const pair = outputs.credentials[user]?.clientCertificate;
  if (pair === undefined) throw new Error(`the outputs have no client certificate of ${user}`);
  return pair;
}

async function logIn(
  listener: "mqtts" | "wss",
  { certificate, key }: Partial<KeyPair>,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = await connectAsync(
    listenerIn(outputs.listeners, listener).url,
    {
      ca: outputs.authority,
      ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
      protocolVersion: 5,
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      ...options,
    },
    false,
  );
  client.on("error", () => {});
  open.push(client);
  return client;
}

/** The reason code of a QoS 1 publish. */
async function publish(client: MqttClient, topic: string): Promise<number> {
  try {
    await client.publishAsync(topic, "test", { qos: 1 });
    return 0;
  } catch (error) {
    return (error as { code: number }).code;
  }
}

const NOT_AUTHORIZED = 0x87;

describe("with identity", () => {
  it("a client is the user whose certificate it shows, with that user's rights, and needs no password", async () => {
    const web = await logIn("mqtts", keyPairOf("web"));
    expect(await publish(web, "naboom/a")).toBe(0);
    expect(await publish(web, "other/a")).toBe(NOT_AUTHORIZED);
    const monitor = await logIn("mqtts", keyPairOf("monitor"), { username: "web", password: "x" });
    expect(await publish(monitor, "naboom/a")).toBe(NOT_AUTHORIZED);
  });

  it("a client without a certificate, or with another authority's, does not get as far as MQTT", async () => {
    const { username, password } = passwordOf("web");
    await expect(logIn("mqtts", {}, { username, password })).rejects.toThrow(/certificate required/i);
    const stranger = issue({ name: "web~1", issuer: issue({ name: "other", authority: true, usage: 0x06 }) });
    const pair = { certificate: stranger.pem, key: stranger.keyPem };
    await expect(logIn("mqtts", pair)).rejects.toThrow(/unknown ca|certificate/i);
  });
});

describe("besides the password", () => {
  it("a client needs both", async () => {
    const { username, password } = passwordOf("web");
    expect((await logIn("wss", keyPairOf("web"), { username, password })).connected).toBe(true);
    await expect(logIn("wss", keyPairOf("web"), { username, password: "wrong" })).rejects.toThrow(
      /not authorized/i,
    );
    await expect(logIn("wss", {}, { username, password })).rejects.toThrow(/certificate required/i);
  });
});

describe("a stack with client certificates", () => {
  it("is not touched by another `up`", async () => {
    await bringUp();
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });

  it("is proved by the smoke tests, which show certificates", async () => {
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    const strangers = proof.checks.filter(({ name }) => name === "a client without a certificate is refused");
    // On the twin, and on the broker that runs.
    const both = ["mqtts proved", "wss proved"];
    expect(strangers.map(({ listener, outcome }) => `${listener} ${outcome}`)).toEqual([...both, ...both]);
  });

  it("does not let a user with a certificate go without having it revoked", async () => {
    await throwaway.configure({ users: { web: users.web }, clientCertificates });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    const [certificate] = outputs.users.monitor?.certificates ?? [];
    expect(output).toContain("client certificate monitor~1 is valid until");
    expect(output).toContain(`clientCertificates.revoked["monitor~1"]' ${certificate?.serial}`);
  });
});

describe("a certificate that is revoked", () => {
  it("loses its rights though its owner is connected, and lets nobody in again, while its successor does", async () => {
    const first = keyPairOf("web");
    const serial = outputs.users.web?.certificates[0]?.serial ?? "";
    const renewed = { ...users, web: { ...users.web, certificateGeneration: 2 } };
    await throwaway.configure({ users: renewed, clientCertificates });
    await bringUp();
    const second = keyPairOf("web");
    const [old, next] = [await logIn("mqtts", first), await logIn("mqtts", second)];
    expect([await publish(old, "naboom/a"), await publish(next, "naboom/a")]).toEqual([0, 0]);
    const session = await resumable(first);
    const before = await throwaway.containerRuns("broker");

    await throwaway.configure({
      users: renewed,
      clientCertificates: { ...clientCertificates, revoked: { "web~1": serial } },
    });
    expect(await bringUp()).toContain("client certificate web~1 is revoked");
    expect(await throwaway.containerRuns("broker")).toEqual(before);
    expect(old.connected).toBe(true);
    expect(await publish(old, "naboom/a")).toBe(NOT_AUTHORIZED);
    expect(await publish(next, "naboom/a")).toBe(0);
    await expect(logIn("mqtts", first)).rejects.toThrow(/certificate revoked/i);
    await expect(resumable(first, session)).rejects.toThrow(/certificate revoked/i);
    expect((await logIn("mqtts", second)).connected).toBe(true);
    expect(outputs.users.web?.certificates.map(({ name, revoked }) => [name, revoked])).toEqual([
      ["web~2", false],
      ["web~1", true],
    ]);
  });
});

/** A TLS session that a client may come back with, which a server might let in without a look at any list. */
function resumable({ certificate, key }: KeyPair, session?: Buffer): Promise<Buffer> {
  const { host, port } = listenerIn(outputs.listeners, "mqtts");
  return new Promise((resolve, reject) => {
    const options = { ca: outputs.authority, cert: certificate, key, maxVersion: "TLSv1.2" as const };
    const socket = connectTls({ host, port, servername: host, ...options, ...(session ? { session } : {}) });
    socket.on("session", (ticket) => {
      resolve(ticket);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
