import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { commandsIn, configAfter } from "./sample-pulumi-config.ts";
import { sampleSettings } from "./sample-settings.ts";

let throwaway: ThrowawayStack;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
});

afterAll(() => throwaway.remove());

describe("an `up` that is refused", () => {
  it("names every mistake of the config at once, without a stack trace, and creates nothing", async () => {
    await throwaway.configure({
      listeners: { mqtt: { port: 70_000 }, ws: { port: 8883 } },
      users: { "a:b": { read: ["a#"] } },
      certificates: { serverDays: -1, names: ["not a name"] },
      colour: "blue",
    });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("so nothing was changed");
    for (const part of [
      "70000",
      "listeners.ws.port",
      'users["a:b"]',
      "`#` fills",
      "-1",
      "not a name",
      "colour",
    ]) {
      expect(output).toContain(part);
    }
    const mend = `npm run pulumi -- --stack ${throwaway.stack.name} config set --path`;
    expect(output).toContain(`${mend} 'naboom-mqtt:listeners.mqtt.port' 1883`);
    expect(output).not.toMatch(/\n\s+at /);
    expect(await throwaway.leftovers()).toEqual([]);
  });

  it("is mended by all of its commands in the printed order, and nobody's rights are others then", async () => {
    const settings = {
      users: {
        a: { read: [3, "a b ", "fine"], listeners: "mqtts", write: ["z", "a#"], deny: ["z"], roles: ["r"] },
        "we\u200bb": { read: ["it's"], roles: ["r"] },
        "b'\n": { write: "12", generation: 2 },
        c: { roles: ["r"], deny: ["x"] },
      },
      roles: { r: { read: ["x", "y"] } },
    };
    await throwaway.configure(settings);
    const { output } = await throwaway.up();
    const faults = output.split("\n").filter((line) => line.includes("; to mend it: "));
    expect(faults).toHaveLength(9);
    for (const command of commandsIn(faults)) {
      const [verb = "", ...args] = command.slice(command.indexOf("config") + 1);
      const { exitCode, stderr } = await throwaway.stack.run(["config", verb, ...args], { capture: true });
      expect([command, exitCode, stderr]).toEqual([command, 0, ""]);
    }
    const config = await throwaway.stack.config();
    const users: unknown = JSON.parse(config.get("naboom-mqtt:users") ?? "");
    expect(users).toEqual({
      a: { read: ["fine"], listeners: ["mqtts"], write: [], deny: ["z"], roles: ["r"] },
      web: { read: ["it's"], roles: ["r"] },
      b: { write: ["12"], generation: 2 },
      c: { roles: [], deny: ["x"], read: ["y"] },
    });
    // What other tests take for Pulumi's doing is what Pulumi did.
    const once = configAfter(settings, faults);
    expect(once).toEqual({ users, roles: settings.roles });
    expect(() => sampleSettings(once)).not.toThrow();
    expect(await throwaway.leftovers()).toEqual([]);
  });

  describe("for a port that is taken", () => {
    let server: Server;
    beforeAll(async () => {
      server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it("names the port, the listener and a way out, before anything is created", async () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      await throwaway.configure({ listeners: { ...throwaway.ports, wss: { port } } });
      const { exitCode, output } = await throwaway.up();
      expect(exitCode).not.toBe(0);
      expect(output).toContain(
        `port ${port} on 127.0.0.1, wanted for listener wss, is taken by another program`,
      );
      const mend = `npm run pulumi -- --stack ${throwaway.stack.name} config set --path`;
      expect(output).toContain(
        `${mend} 'naboom-mqtt:listeners.wss.port' ${port < 55_536 ? port + 10_000 : port - 10_000}`,
      );
      expect(await throwaway.leftovers()).toEqual([]);
    });
  });
});
