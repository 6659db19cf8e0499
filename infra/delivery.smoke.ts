import { connect as connectTls } from "node:tls";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { containerHealthcheck } from "../mosquitto/healthcheck.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { root } from "../mosquitto/trial-chain.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;
let goodImage: string;
const brokenImage = "naboom-mqtt/without-acl-plugin:test";

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  goodImage = stackOutputs.parse(await throwaway.stack.outputs()).broker.image;
  await execa({
    input: `FROM ${goodImage}\nRUN ["/bin/rm", "/usr/lib/mosquitto_acl_file.so"]\n`,
    env: { DOCKER_BUILDKIT: "0" },
  })`docker build -t ${brokenImage} -`;
});

afterAll(async () => {
  await throwaway.remove();
  await execa({ reject: false })`docker image rm ${brokenImage}`;
});

describe("a delivery on whose files no twin stands", () => {
  it("fails the update with the broker's own words, and leaves the running broker as it is", async () => {
    const before = await throwaway.containerRuns("broker");
    await throwaway.configure({ image: brokenImage });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      "the new files were refused, as the twin of the broker that they are proved on did not stand",
    );
    expect(output).toContain("mosquitto_acl_file.so");
    expect(output).not.toMatch(/\n\s+at /);
    expect(await throwaway.containerRuns("broker")).toBe(before);
    const proof = await proveStack(stackOutputs.parse(await throwaway.stack.outputs()), { stack: "test" });
    expect(proof.failed).toBe(0);
  });

  it("is tried again, and refused again, by the next `up`", async () => {
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("the new files were refused");
  });

  it("goes through once the cause is mended, and then is no change any more", async () => {
    await throwaway.configure({});
    const mended = await throwaway.up();
    expect(mended.exitCode, mended.output).toBe(0);
    const again = await throwaway.up();
    expect(again.exitCode, again.output).toBe(0);
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });
});

describe("a delivery of new files", () => {
  it("is taken over by the running broker, which keeps three revisions", async () => {
    const before = await throwaway.containerRuns("broker");
    for (const filter of ["a/#", "b/#", "c/#"]) {
      await throwaway.configure({ users: { "naboom-mqtt": { readwrite: [filter] } } });
      const { exitCode, output } = await throwaway.up();
      expect(exitCode, output).toBe(0);
    }
    expect(await throwaway.containerRuns("broker")).toBe(before);
    const kept = (await execa`docker exec ${throwaway.prefix}-broker ls /mosquitto/revisions`).stdout.split(
      "\n",
    );
    expect(kept.filter((name) => name.startsWith("rev-"))).toHaveLength(3);
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    expect((await proveStack(outputs, { stack: "test" })).failed).toBe(0);
  });

  it("takes certificates for other names over by a reload, also where none leads to the container itself", async () => {
    const before = await throwaway.containerRuns("broker");
    for (const names of [["mqtt.example.org"], ["*.example.org", "192.0.2.1"], ["localhost"]]) {
      await throwaway.configure({ certificates: { names } });
      const { exitCode, output } = await throwaway.up();
      expect(exitCode, output).toBe(0);
      expect(output).toContain(`the server's certificate is issued anew for ${names.join(", ")}, and nobody`);
      expect(output).not.toContain("the broker restarts");
      await execa("docker", ["exec", `${throwaway.prefix}-broker`, ...containerHealthcheck]);
    }
    expect(await throwaway.containerRuns("broker")).toBe(before);
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    expect((await proveStack(outputs, { stack: "test" })).failed).toBe(0);
  });

  it("gives the CA's certificate another validity with the key that it has, so that clients go on with theirs", async () => {
    const before = {
      authority: stackOutputs.parse(await throwaway.stack.outputs()).authority,
      broker: await throwaway.containerRuns("broker"),
    };
    await throwaway.configure({ certificates: { names: ["localhost"], authorityDays: 1_000 } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the CA's certificate is issued anew for 1000 days, with the key that it has");
    expect(await throwaway.containerRuns("broker")).toBe(before.broker);
    const { authority, listeners } = stackOutputs.parse(await throwaway.stack.outputs());
    expect(authority).not.toBe(before.authority);
    expect(await isTrusted(before.authority, listenerIn(listeners, "mqtts"))).toBe(true);
    expect(await isTrusted(authority, listenerIn(listeners, "mqtts"))).toBe(true);
    // The same question is refused with a CA that is another one.
    expect(await isTrusted(root.pem, listenerIn(listeners, "mqtts"))).toBe(false);
  });

  it("serves a broker whose certificate is for a public name only", async () => {
    await throwaway.configure({ certificates: { names: ["mqtt.example.org"] } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    const { listeners } = stackOutputs.parse(await throwaway.stack.outputs());
    expect(listenerIn(listeners, "wss").url).toMatch(/^wss:\/\/mqtt\.example\.org:\d+$/);
  });
});

/** Whether a client that trusts this CA alone gets through to the broker by TLS. Only its own refusal counts as one. */
function isTrusted(ca: string, { host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, ca, servername: host }, () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.once("error", (error) => {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (CERTIFICATE_FAULTS.includes(code)) resolve(false);
      else reject(error);
    });
  });
}

const CERTIFICATE_FAULTS: readonly string[] = [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
];
