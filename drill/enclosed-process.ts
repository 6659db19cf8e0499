import { once } from "node:events";
import { stderr, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { imageVariable } from "../infra/image.ts";
import { PrivateEngine } from "../toolchain/private-engine.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { drillSettings, initialState } from "./cast.ts";
import type { EnclosedOrder, EnclosedReport } from "./enclosed-faults.ts";
import { engineFaults } from "./engine-faults.ts";
import { showFault } from "./fault.ts";
import { FaultGround } from "./fault-ground.ts";

// What faults of a private engine are shown by. It is enclosed together with the engine, so that the broker's
// clients reach the ports that the broker publishes. DOCKER_HOST is the private engine's.

/** The image's name on the private engine, whatever it is called outside, for a digest is not loaded with it. */
const IMAGE = "naboom-mqtt/mosquitto:drill";

const input = createInterface({ input: stdin });
const [line] = await once(input, "line");
const order: EnclosedOrder = JSON.parse(line);
const engine = new PrivateEngine(order.folder);

// Whoever has started this process holds its standard input open. The terminal sends an interrupt here too.
let over = false;
input.once("close", () => {
  over = true;
});
process.on("SIGINT", () => {});

try {
  await prepare();
  await show();
} catch (error) {
  stderr.write(`${error instanceof UserError ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
} finally {
  await engine.end("SIGTERM");
  input.close();
}

async function prepare(): Promise<void> {
  await engine.start();
  const loaded = await execa("docker", ["load", "--quiet", "--input", order.archive]);
  await execa("docker", ["tag", loaded.stdout.trim().split(" ").at(-1) ?? "", IMAGE]);
  // A network's loopback interface is down at first, and not every machine has a command that raises it.
  const rights = ["--network=host", "--cap-add=NET_ADMIN", "--user=0", "--entrypoint=/bin/sh"];
  await execa("docker", ["run", "--rm", ...rights, IMAGE, "-c", "busybox ip link set lo up"]);
  report({});
}

async function show(): Promise<void> {
  const { cli, environment } = order.workbench;
  const stack = { cli, environment: { ...environment, DOCKER_HOST: engine.host, [imageVariable]: IMAGE } };
  const throwaway = await ThrowawayStack.create(stack, drillSettings(initialState));
  try {
    const { exitCode, output } = await throwaway.up();
    if (exitCode !== 0) throw new Error(`a stack on the private engine does not come up: ${output}`);
    report({});
    const ground = new FaultGround(throwaway, initialState);
    for (const fault of engineFaults(engine)) {
      if (over) return;
      report({ step: await showFault(fault, ground) });
    }
  } finally {
    await throwaway.remove();
  }
}

function report(report: EnclosedReport): void {
  stdout.write(`${JSON.stringify(report)}\n`);
}
