import { execa } from "execa";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stop } from "../commands/down.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;
let outputs: StackOutputs;

const rights = { readwrite: ["naboom/#"] };

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  await update({ users: { web: rights, fleet: { ...rights, rotation: "overlap" } } });
});

afterAll(() => throwaway.remove());

describe("a raised generation of a user", () => {
  it("is named by the preview, with who is disconnected, and without a secret", async () => {
    await throwaway.configure({
      users: { web: { ...rights, generation: 2 }, fleet: { ...rights, rotation: "overlap" } },
    });
    const { exitCode, stdout } = await throwaway.stack.run(["preview", "--color", "never"], {
      capture: true,
    });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain("user web gets a new password (generation 2)");
    expect(stdout).toContain(
      "the password of web (generation 1) ends, and clients that use it are disconnected",
    );
    expect(stdout).not.toContain("restarts");
    expect(stdout).not.toContain("user fleet");
    for (const { password } of Object.values(outputs.credentials)) expect(stdout).not.toContain(password);
  });

  it("has the old password refused and the new one taken, by the broker that ran before", async () => {
    const before = {
      broker: await throwaway.containerRuns("broker"),
      web: outputs.credentials.web,
      fleet: outputs.credentials.fleet,
    };
    await update({ users: { web: { ...rights, generation: 2 }, fleet: { ...rights, rotation: "overlap" } } });
    expect(await throwaway.containerRuns("broker")).toBe(before.broker);
    expect(await logIn(before.web)).toBe(false);
    expect(await logIn(outputs.credentials.web)).toBe(true);
    expect(outputs.credentials.fleet).toEqual(before.fleet);
    expect(await logIn(before.fleet)).toBe(true);
  });

  it("may not be lowered again", async () => {
    await throwaway.configure({ users: { web: rights, fleet: { ...rights, rotation: "overlap" } } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("users.web.generation is 1, and the broker has taken 2 over already");
    expect(await logIn(outputs.credentials.web)).toBe(true);
  });

  it("may not be lowered while the stack is down either, whoever else still has that generation", async () => {
    const lowered = { users: { web: rights, fleet: { ...rights, rotation: "overlap" } } };
    const before = outputs.credentials.web;
    expect(await stop(throwaway.stack)).toBe(0);
    await throwaway.configure(lowered);
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("users.web.generation is 1, and the broker has taken 2 over already");
    expect(await throwaway.leftovers()).toEqual([
      `volume ${throwaway.prefix}-data`,
      `volume ${throwaway.prefix}-revisions`,
    ]);
    await update({ users: { ...lowered.users, web: { ...rights, generation: 2 } } });
    expect(outputs.credentials.web).toEqual(before);
    expect(await logIn(before)).toBe(true);
  });

  it("may not be lowered after all finished containers were removed from under the broker", async () => {
    const before = await throwaway.containerRuns("broker");
    await execa`docker rm ${throwaway.prefix}-publish ${throwaway.prefix}-reload`;
    await throwaway.configure({ users: { web: rights, fleet: { ...rights, rotation: "overlap" } } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("users.web.generation is 1, and the broker has taken 2 over already");
    await throwaway.configure({
      users: { web: { ...rights, generation: 2 }, fleet: { ...rights, rotation: "overlap" } },
    });
    const again = await throwaway.up("--refresh");
    expect(again.exitCode, again.output).toBe(0);
    expect(await throwaway.containerRuns("broker")).toBe(before);
    expect(await logIn(outputs.credentials.web)).toBe(true);
  });

  it("is not guessed at where the record is gone too, and the printed command accepts what the config says", async () => {
    const hand = ["--entrypoint", "/bin/sh", "--volume", `${throwaway.prefix}-revisions:/volume`];
    await execa("docker", ["run", "--rm", ...hand, outputs.broker.image, "-c", "rm /volume/taken-over.json"]);
    await execa`docker rm ${throwaway.prefix}-publish ${throwaway.prefix}-reload`;
    const { exitCode, output } = await throwaway.up("--refresh");
    expect(exitCode).not.toBe(0);
    expect(output).toContain(`the volume ${throwaway.prefix}-revisions has revisions and no record of them`);
    const [command = ""] = /docker run .*?(?= && npm run up)/.exec(output.replace(/\s+/g, " ")) ?? [];
    await execa("/bin/sh", ["-c", command]);
    const again = await throwaway.up("--refresh");
    expect(again.exitCode, again.output).toBe(0);
    expect(await logIn(outputs.credentials.web)).toBe(true);
  });

  it("leaves both accounts of an overlapping rotation working, until the older one is retired", async () => {
    const older = outputs.credentials.fleet;
    const fleet = { ...rights, rotation: "overlap", generation: 2 };
    await update({ users: { web: { ...rights, generation: 2 }, fleet } });
    const newer = outputs.credentials.fleet;
    expect([older?.username, newer?.username]).toEqual(["fleet", "fleet-b"]);
    expect(outputs.users.fleet?.accounts).toEqual(["fleet-b", "fleet"]);
    expect([await logIn(older), await logIn(newer)]).toEqual([true, true]);
    await update({ users: { web: { ...rights, generation: 2 }, fleet: { ...fleet, retired: 1 } } });
    expect([await logIn(older), await logIn(newer)]).toEqual([false, true]);
    expect((await proveStack(outputs, { stack: "test" })).failed).toBe(0);
  });
});

describe("the server's certificate", () => {
  it("is left alone outside its renewal window, and renewed by an `up` inside it, without a restart", async () => {
    const web = { ...rights, generation: 2 };
    await update({ users: { web }, certificates: { serverDays: 1, renewalDays: 0.5 } });
    const issued = {
      fingerprint: outputs.certificates.serverFingerprint,
      broker: await throwaway.containerRuns("broker"),
    };
    await update({ users: { web }, certificates: { serverDays: 1, renewalDays: 0.4 } });
    expect(outputs.certificates.serverFingerprint).toBe(issued.fingerprint);
    // One second after its issue a certificate of a day is inside this window.
    const output = await update({
      users: { web },
      certificates: { serverDays: 1, renewalDays: 1 - 1 / 86_400 },
    });
    expect(output).toMatch(
      /the server's certificate ends on .*, so it is renewed, and nobody is disconnected/,
    );
    expect(outputs.certificates.serverFingerprint).not.toBe(issued.fingerprint);
    expect(await throwaway.containerRuns("broker")).toBe(issued.broker);
    await update({ users: { web }, certificates: { serverDays: 1, renewalDays: 0.5 } });
    expect((await proveStack(outputs, { stack: "test" })).failed).toBe(0);
  });
});

describe("a policy for the age of passwords", () => {
  const check = "no password is older than the policy allows";
  const settings = {
    users: { web: { ...rights, generation: 2 } },
    certificates: { serverDays: 1, renewalDays: 0.5 },
  };

  it("fails the smoke tests once a password is older, with the command that rotates it, and restarts nothing", async () => {
    const before = await throwaway.containerRuns("broker");
    const aSecond = 1 / 86_400;
    await update({ ...settings, policy: { maxPasswordAge: aSecond } });
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    const failed = proof.checks.filter(({ outcome }) => outcome === "failed");
    expect(failed).toEqual([expect.objectContaining({ name: check, expected: "nothing overdue" })]);
    const today = outputs.users.web?.passwordIssued.slice(0, 10);
    const command = `npm run rotate -- --stack ${throwaway.stack.name} users web`;
    expect(failed[0]?.seen).toBe(`password of web since ${today} (${command})`);
    expect(proof.failed).toBe(1);
    expect(await throwaway.containerRuns("broker")).toBe(before);
  });

  it("lets them pass while no password is", async () => {
    await update({ ...settings, policy: { maxPasswordAge: 1 } });
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.find(({ name }) => name === check)?.outcome).toBe("proved");
    expect(proof.failed).toBe(0);
  });
});

describe("a change that a running broker cannot take over", () => {
  it("restarts it, says so, and keeps retained messages, sessions and what was queued for them", async () => {
    const session = { clientId: "keeps-its-session", clean: false };
    const away = await connect(session);
    await away.subscribeAsync("naboom/queued", { qos: 1 });
    await away.endAsync();
    const sender = await connect({});
    await sender.publishAsync("naboom/kept", "retained", { retain: true, qos: 1 });
    await sender.publishAsync("naboom/queued", "queued", { qos: 1 });
    await sender.endAsync();

    const web = { ...rights, generation: 2 };
    const output = await update({
      users: { web },
      certificates: { serverDays: 1 },
      limits: { packetBytes: 100_000 },
    });
    expect(output).toContain("the broker restarts");

    const received: string[] = [];
    const back = await connect(session, received);
    await back.subscribeAsync("naboom/kept", { qos: 1 });
    await expect.poll(() => received.sort()).toEqual(["queued", "retained"]);
    await back.publishAsync("naboom/kept", "", { retain: true });
    await back.endAsync();
  });
});

/** Brings the stack up with these settings, reads its outputs, and gives what Pulumi printed. */
async function update(settings: Readonly<Record<string, unknown>>): Promise<string> {
  await throwaway.configure(settings);
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
  return output;
}

async function connect(
  options: { clientId?: string; clean?: boolean },
  received: string[] = [],
): Promise<MqttClient> {
  const { host, port } = listenerIn(outputs.listeners, "mqtt");
  const client = mqtt.connect({ host, port, reconnectPeriod: 0, ...outputs.credentials.web, ...options });
  client.on("message", (_, payload) => received.push(payload.toString()));
  await new Promise<void>((resolve, reject) => client.once("connect", () => resolve()).once("error", reject));
  return client;
}

/** Whether the broker takes a credential. Only its own refusal counts as one. */
async function logIn(credential: StackOutputs["credentials"][string] | undefined): Promise<boolean> {
  const { host, port } = listenerIn(outputs.listeners, "mqtt");
  const client = mqtt.connect({ host, port, reconnectPeriod: 0, protocolVersion: 5, ...credential });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      client.once("connect", () => resolve(true));
      client.once("error", (error) =>
        "code" in error && error.code === 0x87 ? resolve(false) : reject(error),
      );
    });
  } finally {
    await client.endAsync(true);
  }
}
