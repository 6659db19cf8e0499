import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { renderMarker } from "../clients/kit-marker.ts";
import { projectFolder } from "../toolchain/project.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { writeKit } from "./kit-folder.ts";

let throwaway: ThrowawayStack;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"));
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
});

afterAll(async () => {
  // The stack is gone, and with it what its removal asks Pulumi for.
  await throwaway.stack.create();
  await throwaway.remove();
});

test("npm run down leaves no copy of the state, and no kit but what somebody has changed in it", async () => {
  const { stack, workbench } = throwaway;
  const state = stack.stateFolder ?? "";
  const kits = join(projectFolder, "kits", stack.name);
  const file = { name: "mqtt.env", purpose: "", content: "MQTT_PASSWORD=secret\n" };
  await writeKit(join(kits, "web-env"), [file, renderMarker([file])], false);
  expect((await readdir(state, { recursive: true })).join(" ")).toContain(
    `backups/naboom-mqtt/${stack.name}/`,
  );
  const down = await execa(
    process.execPath,
    ["toolchain/start.mjs", "down", "--stack", stack.name, "--yes"],
    {
      cwd: projectFolder,
      env: {
        ...workbench.environment,
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: `${state}/passphrase`,
        PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      },
      reject: false,
      stdin: "ignore",
    },
  );
  expect(down.exitCode, down.stderr).toBe(0);
  expect(down.stdout).toContain(`the backups and the history of its state, and its kits in ${kits}.`);
  expect(down.stdout).not.toMatch(/Copies of the state|Kept/);
  const left = await readdir(state, { recursive: true, withFileTypes: true });
  const files = left.filter((entry) => entry.isFile()).map(({ name }) => name);
  expect(files.sort()).toEqual(["meta.yaml", "meta.yaml.attrs", "passphrase", "settings.yaml"]);
  expect(await readdir(kits).catch((error) => error.code)).toBe("ENOENT");
  expect(await throwaway.leftovers()).toEqual([]);
});
