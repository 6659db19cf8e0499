import { afterEach, expect, it, vi } from "vitest";
import { callerStackVariable, runCommand } from "../infra/mend.ts";
import { stackEnvironment } from "./workplace.ts";

afterEach(() => vi.unstubAllEnvs());

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
