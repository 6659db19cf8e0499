import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stackOutputs } from "../infra/contract.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type Drill, exerciseNames, runDrill } from "./drill.ts";
import { renderDrill } from "./report.ts";
import { trafficPlan } from "./traffic.ts";

/** A busy machine has paused clients for half of it with nothing rotated; what the broker adds is in crowd.smoke.ts. */
const LONGEST_GAP = 1_000;

let throwaway: ThrowawayStack;
let drill: Drill;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  drill = await runDrill(throwaway, { only: "rotations" });
}, 400_000);

afterAll(() => throwaway.remove());

describe.each(exerciseNames)("the rotation of: %s", (name) => {
  const step = () => {
    const found = drill.steps.find((each) => each.name === name);
    if (found === undefined) throw new Error(`the drill has no ${name}`);
    return found;
  };

  it("holds all that it claims", () => {
    expect(step().claims.filter(({ held }) => !held)).toEqual([]);
    expect(step().claims.length).toBeGreaterThanOrEqual(8);
  });

  it("is not noticed by bystanders", () => {
    const { traffic, update } = step();
    expect(traffic).toMatchObject({ lost: 0, duplicated: 0, unacknowledged: 0, disconnected: 0 });
    expect(traffic.longestGap).toBeLessThan(LONGEST_GAP);
    // The rate was held, or there was less to lose than the drill says.
    expect(traffic.sent).toBeGreaterThanOrEqual((update / 1000) * trafficPlan.messagesPerSecond);
  });

  it("leaves the broker's container and process as they are, with the certificate of the outputs", () => {
    expect(step().broker).toMatchObject({ same: true, certificate: { mqtts: true, wss: true } });
    expect(new Set(drill.steps.map(({ broker }) => `${broker.id} ${broker.startedAt}`)).size).toBe(1);
  });
});

describe("the drill", () => {
  it("tells when the old was refused and the new taken, wherever there is an old or a new", () => {
    const times = drill.steps.map(({ name, oldRefused, newTaken }) => [
      name,
      oldRefused !== undefined,
      newTaken !== undefined,
    ]);
    expect(times).toEqual([
      ["no change", false, false],
      ["password", true, true],
      ["ACL", true, true],
      ["server certificate", true, true],
      ["CA, step 1: both trusted", false, false],
      ["CA, step 2: the new alone", true, true],
      ["overlap: second account", false, true],
      ["overlap: first retired", true, false],
    ]);
  });

  it("leaves a broker that the smoke tests prove", async () => {
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(proof.passed).toBeGreaterThan(200);
  });

  it("says nothing of any secret", async () => {
    const { credentials } = stackOutputs.parse(await throwaway.stack.outputs());
    const passwords = Object.values(credentials).map(({ password }) => password);
    const text = JSON.stringify(drill) + renderDrill(drill, { colour: false });
    expect(passwords).toHaveLength(6);
    expect(passwords.filter((password) => text.includes(password)).length).toBe(0);
  });
});
