import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { noClientCertificates } from "../mosquitto/client-certificate.ts";
import { renderConfiguration } from "../mosquitto/configuration.ts";
import { defaultLimits } from "../mosquitto/limits.ts";
import { listenerNames } from "../mosquitto/listener.ts";
import { deriveCredential } from "../mosquitto/password.ts";
import { renderRevision } from "../mosquitto/revision.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";

const rights = { readwrite: ["naboom/#"] };
const crowd = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`user-${index}`, rights]));

let small: ThrowawayStack;
let large: ThrowawayStack;

beforeAll(async () => {
  small = await ThrowawayStack.create(inject("workbench"), { users: { one: rights } });
  large = await ThrowawayStack.create(inject("workbench"), { users: crowd });
  await update(small);
  await update(large);
});

afterAll(async () => {
  await small.remove();
  await large.remove();
});

describe("on this machine", () => {
  it("an `up` without a change takes at most twice as long with 1,000 users as with one", async () => {
    const ratios: number[] = [];
    for (let pair = 0; pair < 3; pair += 1) {
      const [one, thousand] = [await update(small), await update(large)];
      ratios.push(thousand / one);
      report(`up without a change: 1 user ${one.toFixed(1)} s, 1,000 users ${thousand.toFixed(1)} s`);
    }
    expect(median(ratios)).toBeLessThanOrEqual(2);
  });

  it("the rotation of one password takes at most 1.5 times an `up` without a change", async () => {
    const ratios: number[] = [];
    for (let pair = 0; pair < 3; pair += 1) {
      const unchanged = await update(small);
      await small.configure({ users: { one: { ...rights, generation: pair + 2 } } });
      const rotated = await update(small);
      ratios.push(rotated / unchanged);
      report(
        `rotation of one password ${rotated.toFixed(1)} s, up without a change ${unchanged.toFixed(1)} s`,
      );
    }
    expect(median(ratios)).toBeLessThanOrEqual(1.5);
  });

  it("1,000 users are rendered and put in force within 3 s", async () => {
    const seed = "ASeedOfTheTestsAndNoSecretAtAll".repeat(2);
    const started = performance.now();
    await renderRevision({
      configuration: renderConfiguration({
        listeners: listenerNames,
        limits: defaultLimits,
        memoryBytes: 4e8,
        sync: "normal",
        clientCertificates: noClientCertificates,
        clientIds: "free" as const,
        origins: [],
      }),
      listeners: listenerNames,
      users: Object.keys(crowd).map((name) => ({
        name,
        rules: [{ access: "readwrite" as const, filter: "naboom/#" }],
        listeners: listenerNames,
        credential: deriveCredential({ seed, user: name, length: 40 }),
      })),
      patterns: [],
      iterations: 101,
      certificates: { authority: "", server: "", key: "" },
      names: ["localhost"],
      healthcheckSeed: seed,
    });
    const rendering = (performance.now() - started) / 1_000;
    const format = "{{.State.StartedAt}} {{.State.FinishedAt}}";
    const { stdout } = await execa`docker inspect --format ${format} ${large.prefix}-publish`;
    const [from = "", to = ""] = stdout.split(" ");
    const publishing = (Date.parse(to) - Date.parse(from)) / 1_000;
    report(`1,000 users: rendering ${rendering.toFixed(2)} s, copy ${publishing.toFixed(2)} s`);
    expect(publishing).toBeGreaterThan(0);
    expect(rendering + publishing).toBeLessThan(3);
  });
});

/** Brings a stack up, and gives the seconds it took. */
async function update(stack: ThrowawayStack): Promise<number> {
  const started = performance.now();
  const { exitCode, output } = await stack.up();
  expect(exitCode, output).toBe(0);
  return (performance.now() - started) / 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(line: string): void {
  console.log(line);
}
