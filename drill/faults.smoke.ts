import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stackOutputs } from "../infra/contract.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type Drill, faultNames, runDrill } from "./drill.ts";
import { renderDrill } from "./report.ts";

let throwaway: ThrowawayStack;
let drill: Drill;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  drill = await runDrill(throwaway, { only: "faults" });
}, 900_000);

afterAll(() => throwaway.remove());

describe.each(faultNames)("the fault: %s", (name) => {
  const fault = () => {
    const found = drill.faults.find((each) => each.name === name);
    if (found === undefined)
      throw new Error(`the drill has no ${name}: ${renderDrill(drill, { colour: false })}`);
    if ("notShown" in found) throw new Error(`${name} was not shown: ${found.notShown}`);
    return found;
  };

  it("holds all that is claimed of it", () => {
    expect(fault().claims.filter(({ held }) => !held)).toEqual([]);
    expect(fault().claims.length).toBeGreaterThanOrEqual(12);
  });

  it("leaves the old or the new revision in force, and never nothing", () => {
    expect(["old", "new"]).toContain(fault().leftOn);
  });
});

describe("the faults", () => {
  it("leave the old revision in force before the rename that puts the new one there, and the new one after", () => {
    const left = Object.fromEntries(
      drill.faults.map((fault) => [fault.name, "claims" in fault ? fault.leftOn : "not shown"]),
    );
    expect(left).toMatchObject({
      "Docker killed at publish's making": "old",
      "Docker killed at reload's start": "new",
    });
  });

  it("say nothing of any secret", async () => {
    const { credentials } = stackOutputs.parse(await throwaway.stack.outputs());
    const text = JSON.stringify(drill) + renderDrill(drill, { colour: false });
    const passwords = Object.values(credentials).map(({ password }) => password);
    expect(passwords).toHaveLength(6);
    expect(passwords.filter((password) => text.includes(password)).length).toBe(0);
  });
});

describe("a stack after all of that", () => {
  it("is not touched by another `up`", async () => {
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });

  it("is proved by the smoke tests, and has nothing more on the engine than before", async () => {
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect([...(await throwaway.leftovers())].sort()).toEqual(
      [
        ...["broker", "image-trial", "publish", "reload"].map(
          (role) => `container ${throwaway.prefix}-${role}`,
        ),
        ...["data", "revisions"].map((name) => `volume ${throwaway.prefix}-${name}`),
        ...["", "-twin"].map((name) => `network ${throwaway.prefix}${name}`),
      ].sort(),
    );
  });
});
