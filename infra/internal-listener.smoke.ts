import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isHealthy } from "../drill/broker-state.ts";
import { internalListener, listenerNames, listeners } from "../mosquitto/listener.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";

const CONNECTIONS = 4;
const limits = { connectionsPerListener: CONNECTIONS };
const user = { readwrite: ["naboom/#"] };

let throwaway: ThrowawayStack;
let address: string;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), { limits, users: { one: user } });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  address = (await execa`docker inspect --format ${format} ${throwaway.prefix}-broker`).stdout;
});

afterAll(() => throwaway.remove());

describe("the internal listener", () => {
  it("takes no connection from outside the container", async () => {
    expect(await connects(listeners.mqtts.port)).toBe(true);
    expect(await connects(internalListener.port)).toBe(false);
  });

  it("lets the healthcheck and a rotation in where silent clients fill every other listener", async () => {
    const crowd = listenerNames.map((name) => fill(listeners[name].port));
    try {
      await Promise.all(crowd.map((each) => each.full));
      for (const name of listenerNames) expect(await isServed(listeners[name].port), name).toBe(false);
      expect(await isHealthy(`${throwaway.prefix}-broker`)).toBe(true);
      await throwaway.configure({ limits, users: { one: { ...user, generation: 2 } } });
      const before = await throwaway.containerRuns("broker");
      const { exitCode, output } = await throwaway.up();
      expect(exitCode, output).toBe(0);
      expect(await throwaway.containerRuns("broker")).toBe(before);
      for (const name of listenerNames) expect(await isServed(listeners[name].port), name).toBe(false);
      expect(await isHealthy(`${throwaway.prefix}-broker`)).toBe(true);
    } finally {
      for (const each of crowd) each.end();
    }
  });
});

/** Whether a TCP connection to a port of the container's address on its network is taken. */
async function connects(port: number): Promise<boolean> {
  const socket = connect({ host: address, port });
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ECONNREFUSED");
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether a further connection is kept: the broker ends one that is too much at once. */
async function isServed(port: number): Promise<boolean> {
  const socket = connect({ host: address, port });
  socket.on("error", () => {});
  await Promise.race([once(socket, "close"), sleep(1_000)]);
  const kept = !socket.destroyed && !socket.readableEnded;
  socket.destroy();
  return kept;
}

/** Silent connections that take every place of a listener, and take each again that the broker gives up. */
function fill(port: number): { readonly full: Promise<unknown>; end: () => void } {
  const sockets = new Set<Socket>();
  let ended = false;
  const take = (): Promise<unknown> => {
    const socket = connect({ host: address, port }).resume();
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      if (!ended) setTimeout(take, 50);
    });
    return once(socket, "connect");
  };
  const full = Promise.all(Array.from({ length: CONNECTIONS }, take)).then(() => sleep(200));
  return {
    full,
    end: () => {
      ended = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
