import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { stackOutputs } from "../infra/contract.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { mendInterruptedUpdate } from "../toolchain/interrupted-update.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { logIn, REFUSED, TAKEN } from "./attempts.ts";
import { type BrokerState, inspectBroker } from "./broker-state.ts";
import { cast, drillSettings, initialState } from "./cast.ts";
import { FullVolume, type Shortage } from "./full-volume.ts";
import { interruptUpdate, killUpdate, type Moment, settle } from "./killed-update.ts";

let throwaway: ThrowawayStack;
let broker: string;
let generation = 1;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), drillSettings(initialState));
  broker = `${throwaway.prefix}-broker`;
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
});

// Each fault begins with a stack in order, also after one whose test has failed.
afterEach(() => mendInterruptedUpdate(throwaway.stack));

afterAll(() => throwaway.remove());

/** Asks for a new password and a new certificate, so that every revision differs from the one before in both. */
async function rotate(): Promise<void> {
  generation += 1;
  await throwaway.configure(
    drillSettings({ ...initialState, passwordGeneration: generation, serverGeneration: generation }),
  );
}

async function outputs() {
  return stackOutputs.parse(await throwaway.stack.outputs());
}

/** The same broker as before, wholly on one revision, with a whole one in force, and healthy. */
async function expectOldOrNew(before: BrokerState): Promise<BrokerState> {
  const state = await inspectBroker(broker);
  expect(state).toMatchObject({ container: before.container, healthy: true });
  expect(state.running).toHaveLength(1);
  const isOld = state.running[0] === before.inForce;
  expect(isOld || state.running[0] === state.inForce).toBe(true);
  return state;
}

/** The next update delivers the whole of what was asked for. */
async function expectCompleted(before: BrokerState, old: Awaited<ReturnType<typeof outputs>>): Promise<void> {
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  expect(output).not.toContain("pending operations");
  const now = await outputs();
  const state = await inspectBroker(broker);
  expect(state).toEqual({ ...before, inForce: now.broker.revision, running: [now.broker.revision] });
  expect(now.broker.revision).not.toBe(before.inForce);
  const [previous, renewed] = [old, now].map(({ credentials }) => credentials[cast.replaced]);
  if (previous === undefined || renewed === undefined) throw new Error("the outputs lack a credential");
  expect(await logIn(now, previous)()).toBe(REFUSED);
  expect(await logIn(now, renewed, { listener: "wss" })()).toBe(TAKEN);
}

describe.each<Moment>([
  { role: "publish", action: "create" },
  { role: "publish", action: "start" },
  { role: "publish", action: "die" },
  { role: "reload", action: "die" },
])("an update that is killed at: $role $action", (moment) => {
  it("leaves the broker on the old or the new revision, and the next one completes", async () => {
    const before = await inspectBroker(broker);
    const old = await outputs();
    await rotate();
    const { exitCode } = await interruptUpdate(throwaway, moment, () => killUpdate(throwaway));
    expect(exitCode).not.toBe(0);
    await settle(throwaway);
    await expectOldOrNew(before);

    expect(await mendInterruptedUpdate(throwaway.stack)).toContain(
      "The last update was killed: its lock on the state was taken off.",
    );
    await expectCompleted(before, old);
    expect(await mendInterruptedUpdate(throwaway.stack)).toEqual([]);
  });
});

describe.each([0, 350])("an update whose publish container is killed after %i ms", (delay) => {
  it("fails, leaves the broker on the old revision, and the next one completes", async () => {
    const before = await inspectBroker(broker);
    const old = await outputs();
    await rotate();
    let killed = false;
    const { exitCode, output } = await interruptUpdate(
      throwaway,
      { role: "publish", action: "start" },
      async () => {
        await sleep(delay);
        const { exitCode } = await execa({ reject: false })`docker kill ${throwaway.prefix}-publish`;
        killed = exitCode === 0;
      },
    );
    // A container that had come to its end before has delivered, and its update goes on.
    expect(killed || delay > 0).toBe(true);
    if (killed) {
      expect(exitCode).not.toBe(0);
      expect(output).toContain("exit code 137");
      expect(output).not.toMatch(/\n\s+at /);
      expect((await expectOldOrNew(before)).running).toEqual([before.inForce]);
    } else {
      expect(exitCode, output).toBe(0);
    }
    await expectCompleted(before, old);
  });
});

describe("an update during which the broker dies", () => {
  it("finds it started again by the engine on a whole revision, and it or the next one completes", async () => {
    const before = await inspectBroker(broker);
    const old = await outputs();
    await rotate();
    await interruptUpdate(throwaway, { role: "publish", action: "start" }, async () => {
      const { stdout } = await execa`docker inspect --format {{.State.Pid}} ${broker}`;
      process.kill(Number(stdout), "SIGKILL");
    });
    const restarted = await inspectBroker(broker);
    expect(restarted.container.split(" ")[0]).toBe(before.container.split(" ")[0]);
    expect(restarted.container).not.toBe(before.container);
    expect(restarted.running).toHaveLength(1);
    await expectCompleted({ ...before, container: restarted.container }, old);
  });
});

describe("a publish whose volume is full", () => {
  let full: FullVolume;
  let old: string;
  let renewed: string;

  beforeAll(async () => {
    const { stdout } = await execa`docker inspect ${throwaway.prefix}-publish`;
    const [{ Config, HostConfig }] = JSON.parse(stdout);
    full = await FullVolume.create({
      prefix: throwaway.prefix,
      image: Config.Image,
      revisions: `${throwaway.prefix}-revisions`,
      capabilities: HostConfig.CapAdd,
    });
    [old = "", renewed = ""] = await full.kept();
  });

  afterAll(() => full.remove());

  // A revision is a folder of seven files, none above a page, and a link: nine inodes, seven pages.
  it.each<[Shortage, number, number]>([
    ["pages", 0, 1],
    ["pages", 4, 1],
    ["pages", 6, 1],
    ["pages", 7, 0],
    ["inodes", 0, 1],
    ["inodes", 1, 1],
    ["inodes", 5, 1],
    ["inodes", 8, 1],
    ["inodes", 9, 0],
  ])(
    "of %s, with %i left, ends with %i, and the old or the new revision is in force, whole",
    async (shortage, left, code) => {
      await full.reset(old);
      await full.fill(shortage, left);
      const { exitCode, output } = await full.publish(renewed);
      expect(exitCode, output).toBe(code);
      expect((await full.state()).inForce).toBe(code === 0 ? renewed : old);
      if (code !== 0) expect(output).toContain("No space left on device");

      await full.clear();
      const again = await full.publish(renewed);
      expect(again.exitCode, again.output).toBe(0);
      expect(await full.state()).toEqual({ inForce: renewed, others: [] });
    },
  );
});

describe("a stack after all of that", () => {
  it("is not touched by another `up`", async () => {
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });

  it("is proved by the smoke tests, and has nothing more on the engine than before", async () => {
    const proof = await proveStack(await outputs(), { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect([...(await throwaway.leftovers())].sort()).toEqual(
      [
        ...["broker", "publish", "reload"].map((role) => `container ${throwaway.prefix}-${role}`),
        ...["data", "revisions"].map((name) => `volume ${throwaway.prefix}-${name}`),
        `network ${throwaway.prefix}`,
      ].sort(),
    );
  });
});
