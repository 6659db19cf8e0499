import { cpus } from "node:os";
import { stdout } from "node:process";
import { Bench } from "../bench/bench.ts";
import type { Figure, Result } from "../bench/figure.ts";
import { figures } from "../bench/figures.ts";
import { mayColour } from "../toolchain/colour.ts";
import { projectFolder } from "../toolchain/project.ts";
import { prepareBackend } from "../toolchain/state-backend.ts";
import { UserError } from "../toolchain/user-error.ts";
import { renderBench } from "./bench-report.ts";
import { prepareToolchain, type Toolchain } from "./workplace.ts";

export interface BenchOptions {
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
  /** Prints the figures as one JSON document. */
  readonly json: boolean;
  /** Measures what takes many minutes, too. */
  readonly large: boolean;
  /** Figures whose name has this text in it are enough. */
  readonly only: string;
}

/**
 * Measures how fast commands are, on stacks of its own that are removed afterwards, and prints it beside the goals.
 *
 * @returns 1 where a command failed; a goal that is missed is no failure, as it may be the machine's
 */
export async function bench({ install, json, large, only }: BenchOptions): Promise<number> {
  const wanted = figures.filter((figure) => (large || figure.large !== true) && figure.name.includes(only));
  if (wanted.length === 0) throw new UserError(noFigure(only));
  const results = await measureAll(wanted, await prepareToolchain(install));
  const machine = { processors: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version };
  const document = { machine, figures: results };
  const text = json
    ? JSON.stringify(document, undefined, 2)
    : renderBench(results, { colour: mayColour(stdout) });
  stdout.write(`${text}\n`);
  return results.some((result) => "failure" in result) ? 1 : 0;
}

/** An interrupt ends the command that is measured, and with it the bench; its stacks are removed all the same. */
async function measureAll(wanted: readonly Figure[], toolchain: Toolchain): Promise<readonly Result[]> {
  const { cli, progress } = toolchain;
  const backend = await prepareBackend({ projectFolder });
  const made = new Bench({ cli, environment: { ...toolchain.environment, ...backend.environment } });
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.on("SIGINT", interrupt);
  const results: Result[] = [];
  try {
    for (const figure of wanted) {
      if (interrupted) throw new UserError("the bench was interrupted, and its stacks are removed");
      results.push(await progress.step(figure.name, () => measureFigure(figure, made)));
    }
    return results;
  } finally {
    await progress.step("removing the stacks", () => made.remove());
    process.off("SIGINT", interrupt);
  }
}

async function measureFigure(figure: Figure, made: Bench): Promise<Result> {
  const { name, goals } = figure;
  try {
    return { name, goals, seen: await figure.measure(made) };
  } catch (error) {
    return { name, goals, failure: error instanceof Error ? error.message : String(error) };
  }
}

function noFigure(only: string): string {
  const names = figures.map(({ name }) => name).join(", ");
  return `no figure has ${JSON.stringify(only)} in its name; there is: ${names}; those of 10,000 users take --large`;
}
