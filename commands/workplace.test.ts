import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { callerStackVariable, runCommand } from "../infra/mend.ts";
import { prepareToolchain, prepareWorkplace, stackEnvironment } from "./workplace.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it.each([
  ["prod", "dev", "npm run up -- --stack dev"],
  [undefined, "dev", "npm run up"],
  ["dev", "prod", "npm run up -- --stack prod"],
])(
  "Pulumi's program prints commands for the caller's PULUMI_STACK, %j, when Pulumi's own is %j",
  (caller, stack, command) => {
    vi.stubEnv("PULUMI_STACK", caller);
    vi.stubEnv(callerStackVariable, undefined);
    const handed = stackEnvironment(stack);
    expect(handed.PULUMI_STACK).toBe(stack);
    for (const [name, value] of Object.entries(handed)) vi.stubEnv(name, value);
    expect(runCommand(stack, "up")).toBe(command);
  },
);

it("how a Pulumi came to be that was made just now is said by who made it, and not again", async () => {
  const programs = await mkdtemp(join(tmpdir(), "naboom-workplace-"));
  const answer = { Server: { Version: "29.0.0", ApiVersion: "1.52", Arch: "amd64" } };
  const script = `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`;
  await writeFile(join(programs, "docker"), script, { mode: 0o755 });
  vi.stubEnv("PATH", programs);
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const made = { cli: "/pulumi", version: "3.1.0", how: "built", why: "built from Go modules" } as const;
  const { cli } = await prepareToolchain(
    true,
    async () => ({}),
    async ({ progress }) => {
      progress.say(`Pulumi ${made.version}: ${made.why}`);
      return { ...made, environment: {} };
    },
  );
  await rm(programs, { recursive: true });
  expect(cli).toBe(made.cli);
  expect(said.mock.calls).toEqual([["Pulumi 3.1.0: built from Go modules\n"]]);
});

it("a stack whose name ends as a console's does is refused before anything is prepared", async () => {
  vi.stubEnv("PATH", "");
  await expect(prepareWorkplace({ stack: "prod-console", install: false })).rejects.toThrow(
    /^a stack may not be called prod-console/,
  );
});
