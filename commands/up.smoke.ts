import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { projectFolder } from "../toolchain/project.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";

let throwaway: ThrowawayStack;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
});

afterAll(() => throwaway.remove());

describe("npm run up where another clone has kept the messages of a stack of this name", () => {
  it.each(["data", "revisions"])("leaves its volume alone, and names it: %s", async (thing) => {
    const volume = `${throwaway.prefix}-${thing}`;
    await execa`docker volume create ${volume}`;
    const { exitCode, stderr } = await up();
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain(`the volume ${volume} is on this engine, but not in this clone's state`);
    expect(stderr).toContain(`docker volume rm ${volume}`);
    expect(await throwaway.leftovers()).toEqual([`volume ${volume}`]);
    await execa`docker volume rm ${volume}`;
  });
});

/** Runs the real command, with the throwaway stack's state and none of its settings. */
async function up() {
  const { workbench, stack } = throwaway;
  const state = stack.stateFolder ?? "";
  return await execa(process.execPath, ["toolchain/start.mjs", "up", "--stack", stack.name], {
    cwd: projectFolder,
    env: {
      ...workbench.environment,
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: `${state}/passphrase`,
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    },
    reject: false,
    stdin: "ignore",
  });
}
