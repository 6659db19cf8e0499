import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { proveBurst } from "../smoke-tests/burst.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
let firstOutput: string;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  const { exitCode, output } = await throwaway.up();
  firstOutput = output;
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
});

afterAll(() => throwaway.remove());

describe("a stack that was brought up", () => {
  it("is proved by the smoke tests", async () => {
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(proof.passed).toBeGreaterThan(200);
  });

  it("loses none of a burst of 20,000 messages to a connected subscriber", async () => {
    expect((await proveBurst(outputs)).messages).toBe(20_000);
  });

  it("is not touched by another `up`", async () => {
    const before = await throwaway.containerRuns("broker", "publish", "reload");
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(await throwaway.stack.lastChanges()).toBe(0);
    expect(await throwaway.containerRuns("broker", "publish", "reload")).toEqual(before);
  });

  it("has no drift that a refresh would find", async () => {
    const args = ["preview", "--refresh", "--expect-no-changes", "--color", "never"];
    const { exitCode, stdout } = await throwaway.stack.run(args, { capture: true });
    expect(exitCode, stdout).toBe(0);
  });

  it("shows no secret in the state, in what Pulumi prints, to inspect, in logs or in the process list", async () => {
    const password = Object.values(outputs.credentials).map((credential) => credential.password);
    const names = ["broker", "publish", "reload"].map((role) => `${throwaway.prefix}-${role}`);
    const files = `cat /mosquitto/revisions/current/server.key /mosquitto/revisions/current/passwd-mqtts /mosquitto/revisions/current/passwd-internal /mosquitto/revisions/current/healthcheck`;
    const delivered = (await execa`docker exec ${names[0] ?? ""} ${files.split(" ")}`).stdout;
    const secrets = [...password, ...delivered.split("\n").flatMap(secretOf)];
    expect(secrets.length).toBeGreaterThan(4);
    const places = {
      state: (await throwaway.stack.run(["stack", "export"], { capture: true })).stdout,
      up: firstOutput,
      preview: (await throwaway.stack.run(["preview", "--diff"], { capture: true })).stdout,
      inspect: (await execa`docker inspect ${names}`).stdout,
      logs: (await Promise.all(names.map((name) => execa({ all: true })`docker logs ${name}`)))
        .map(({ all }) => all)
        .join(),
      processes: (await execa`docker top ${names[0] ?? ""}`).stdout,
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(0);
      expect(secrets.filter((secret) => text.includes(secret)).length, `secrets in ${place}`).toBe(0);
    }
  });

  it("confines the broker", async () => {
    const { stdout } = await execa`docker inspect ${throwaway.prefix}-broker`;
    const [{ Config, HostConfig, State, Mounts }] = JSON.parse(stdout);
    expect(Config).toMatchObject({ User: "1883:1883" });
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      CapAdd: null,
      Privileged: false,
      RestartPolicy: { Name: "always" },
      Memory: 512 * 1_048_576,
      MemorySwap: 512 * 1_048_576,
      LogConfig: { Type: "json-file", Config: { "max-file": "5", "max-size": "10m" } },
    });
    expect(HostConfig.SecurityOpt).toEqual(["no-new-privileges:true"]);
    expect(HostConfig.Ulimits.map(({ Name }: { Name: string }) => Name).sort()).toEqual(["nofile", "nproc"]);
    expect(State.Health.Status).toBe("healthy");
    const writable = Mounts.filter(({ RW }: { RW: boolean }) => RW).map(
      ({ Destination }: { Destination: string }) => Destination,
    );
    expect(writable).toEqual(["/mosquitto/data"]);
  });

  it("is bound to the loopback address only", async () => {
    const { stdout } = await execa`docker port ${throwaway.prefix}-broker`;
    expect(stdout.split("\n")).toHaveLength(4);
    for (const line of stdout.split("\n")) expect(line).toMatch(/ -> 127\.0\.0\.1:\d+$/);
  });

  it("comes back with `up --refresh` after its broker was removed by hand", async () => {
    await execa`docker rm -f ${throwaway.prefix}-broker`;
    const { exitCode, output } = await throwaway.up("--refresh");
    expect(exitCode, output).toBe(0);
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.failed).toBe(0);
  });
});

/** What is secret in a line of a delivered file. */
function secretOf(line: string): string[] {
  const found = /^--pw (.+)$|^[^:]+:\$7\$\d+\$(.+)$|^([A-Za-z0-9+/=]{40,})$/.exec(line);
  const secret = found?.[1] ?? found?.[2] ?? found?.[3];
  return secret === undefined ? [] : [secret];
}
