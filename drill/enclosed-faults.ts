import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { imageVariable } from "../infra/image.ts";
import { bundle } from "../toolchain/bundle.mjs";
import { dockerCommand } from "../toolchain/docker.ts";
import { enclose, findObstacle, PrivateEngine } from "../toolchain/private-engine.ts";
import { projectFolder } from "../toolchain/project.ts";
import type { Workbench } from "../toolchain/throwaway-stack.ts";
import { claim } from "./claim.ts";
import { engineFaultNames } from "./engine-faults.ts";
import type { FaultNotShown, FaultStep } from "./fault.ts";

/** What the enclosed process is to work with. */
export interface EnclosedOrder {
  readonly workbench: Workbench;
  /** The private engine's. */
  readonly folder: string;
  /** The broker's image, as `docker save` writes it. */
  readonly archive: string;
}

/** What the enclosed process says, in this order: a line for the engine, one for the stack, one for each fault. */
export interface EnclosedReport {
  readonly step?: FaultStep;
}

export interface EnclosedOptions {
  /** Told before each part, with its name, and runs it. */
  readonly step: <Outcome>(name: string, work: () => Promise<Outcome>) => Promise<Outcome>;
  /** Ends it before the next fault. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Shows the faults that take an engine of their own, on a private one, which is removed afterwards.
 *
 * Where there can be none, on a machine where one is not root for instance, nothing is claimed of them. Takes
 * about a minute.
 */
export async function showEnclosedFaults(
  workbench: Workbench,
  options: EnclosedOptions,
): Promise<readonly (FaultStep | FaultNotShown)[]> {
  const obstacle = await findObstacle();
  if (obstacle !== undefined) return notShown(obstacle);
  const engine = await PrivateEngine.create();
  try {
    const archive = join(engine.folder, "image.tar");
    const image = workbench.environment[imageVariable] ?? "";
    const saved = await dockerCommand(["save", "--output", archive, image]);
    if (saved.exitCode !== 0) return notShown(`the broker's image cannot be saved (${saved.stderr.trim()})`);
    return await runEnclosed({ workbench, folder: engine.folder, archive }, engine.host, options);
  } finally {
    await engine.remove();
  }
}

function notShown(why: string): readonly FaultNotShown[] {
  return engineFaultNames.map((name) => ({ name, notShown: why }));
}

async function runEnclosed(
  order: EnclosedOrder,
  host: string,
  { step, signal }: EnclosedOptions,
): Promise<readonly (FaultStep | FaultNotShown)[]> {
  const main = await bundle("drill/enclosed-process.ts");
  const [program, ...args] = enclose([process.execPath, main]);
  const child = execa(program, args, { cwd: projectFolder, env: { DOCKER_HOST: host }, reject: false });
  // The process goes on while its standard input is open, and else tidies up.
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<EnclosedReport | undefined> => {
    const { done, value } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  const shown: FaultStep[] = [];
  try {
    if ((await step("a private Docker engine", next)) === undefined) {
      return notShown(`a private Docker engine cannot be had here (${lastWords(await child)})`);
    }
    await step("a stack on it", next);
    for (const name of engineFaultNames) {
      signal?.throwIfAborted();
      const report = await step(name, next);
      if (report?.step !== undefined) shown.push(report.step);
    }
  } finally {
    child.stdin.end();
    await step("removing the private engine", () => child);
  }
  const { exitCode } = await child;
  const missing = engineFaultNames.slice(shown.length);
  const ended = exitCode === 0 && missing.length === 0;
  return ended ? shown : [...shown, failed(missing.join(", ") || "a private Docker engine", await child)];
}

function failed(name: string, child: { readonly stderr: string }): FaultStep {
  return { name, claims: [claim("it is brought to its end", false, lastWords(child))] };
}

/** What the process said in the end. */
function lastWords({ stderr }: { readonly stderr: string }): string {
  return stderr.trim() || "it said nothing";
}
