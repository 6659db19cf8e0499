import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, describe, expect, inject, it } from "vitest";
import { listenerNames } from "../mosquitto/listener.ts";
import { AccountPool } from "../smoke-tests/account-pool.ts";
import { connackCode } from "../smoke-tests/client.ts";
import { endpointOf } from "../smoke-tests/endpoint.ts";
import { proveTwin } from "../smoke-tests/prove.ts";
import { startTwin, type TestTwin } from "../testing/twin-fixture.ts";
import { Twin } from "./twin.ts";
import { openTunnels } from "./twin-ports.ts";

const image = inject("workbench").environment.NABOOM_MQTT_IMAGE ?? "";

const users = {
  writer: { rules: [{ access: "write", filter: "news/#" }] },
  reader: { rules: [{ access: "read", filter: "news/#" }] },
} as const;

let twin: TestTwin | undefined;

afterEach(async () => {
  await twin?.stop();
  twin = undefined;
});

async function containers(name: string): Promise<string> {
  return (await execa("docker", ["ps", "--all", "--quiet", "--filter", `name=${name}`])).stdout;
}

describe("a twin", () => {
  it("is confined, is published on the loopback address only, and has no secret that inspect shows", async () => {
    twin = await startTwin({ image, users });
    const { stdout } = await execa("docker", ["inspect", twin.container]);
    const [{ HostConfig, Config }] = JSON.parse(stdout);
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ["ALL"], Binds: null });
    expect(Config.User).toBe("1883:1883");
    const bindings = Object.values(HostConfig.PortBindings).flat() as { HostIp: string }[];
    expect(bindings.map(({ HostIp }) => HostIp)).toEqual(listenerNames.map(() => "127.0.0.1"));
    for (const { password } of Object.values(twin.target.outputs.credentials)) {
      expect(stdout).not.toContain(password);
    }
  });

  it("is gone once it is stopped, and once the one who holds its stdin is killed", async () => {
    twin = await startTwin({ image, users });
    const { container } = twin;
    const { stdout: pids } = await execa("pgrep", ["--full", `docker run .*--name=${container}`]);
    for (const pid of pids.split("\n")) process.kill(Number(pid), "SIGKILL");
    const deadline = Date.now() + 10_000;
    while ((await containers(container)) !== "" && Date.now() < deadline) await sleep(100);
    expect(await containers(container)).toBe("");
    twin = await startTwin({ image, users });
    const next = twin.container;
    await twin.stop();
    expect(await containers(next)).toBe("");
  });

  it("that loses its container is told of with its last words, while it is proved", async () => {
    twin = await startTwin({ image, users });
    const proving = Promise.race([
      proveTwin(twin.target, { stack: "test", container: twin.container }),
      twin.lost,
    ]);
    const proved = expect(proving).rejects.toThrow(
      /^the twin of a test did not stand; the last words of the twin:/,
    );
    await execa("docker", ["kill", twin.container]);
    await proved;
  });

  it("that the engine can't start is told of in the engine's words", async () => {
    const starting = Twin.start({
      ...{ stack: "test", consequence: "no twin", image, network: "naboom-mqtt-no-such-network" },
      listeners: listenerNames,
      files: { archive: Buffer.alloc(1) },
    });
    await expect(starting).rejects.toThrow(/^no twin; the last words of the twin:.*no-such-network/s);
  });

  it("is reached through docker exec where its ports are not on this machine", async () => {
    twin = await startTwin({ image, users });
    const { container, target } = twin;
    const tunnels = await openTunnels(container, listenerNames);
    try {
      const { username, password } = target.outputs.credentials.reader ?? {};
      const accounts = new AccountPool(target.outputs, "checks");
      for (const listener of listenerNames) {
        const endpoint = endpointOf({ ...target, addresses: tunnels.addresses }, listener, accounts);
        const logIn = (given: string | undefined) =>
          connackCode(endpoint, { version: 5, clientId: "tunnelled", username, password: given });
        expect([listener, await logIn(password), await logIn("wrong")]).toEqual([listener, 0, 0x87]);
      }
    } finally {
      tunnels.close();
    }
  });
});
