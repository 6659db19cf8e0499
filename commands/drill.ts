import { stdout } from "node:process";
import { type Drill, runDrill } from "../drill/drill.ts";
import { renderDrill } from "../drill/report.ts";
import { mayColour } from "../toolchain/colour.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { prepareToolchain, type Toolchain } from "./workplace.ts";

export interface DrillCommandOptions {
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
  /** Prints what was shown as one JSON document. */
  readonly json: boolean;
}

/** Rehearses every rotation on a stack of its own, which is removed afterwards, and prints what it showed. */
export async function drill({ install, json }: DrillCommandOptions): Promise<number> {
  const shown = await rehearse(await prepareToolchain(install));
  const text = json ? JSON.stringify(shown, undefined, 2) : renderDrill(shown, { colour: mayColour(stdout) });
  stdout.write(`${text}\n`);
  return shown.failed === 0 ? 0 : 1;
}

/** An interrupt ends the drill before its next rotation, and the stack is removed all the same. */
async function rehearse({ cli, environment, progress }: Toolchain): Promise<Drill> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new UserError("the drill was interrupted"));
  process.on("SIGINT", interrupt);
  const throwaway = await ThrowawayStack.create({ cli, environment });
  try {
    const step = <Result>(name: string, work: () => Promise<Result>) => progress.step(name, work);
    return await runDrill(throwaway, { step, signal: interruption.signal });
  } catch (error) {
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    await progress.step("removing the stack", () => throwaway.remove());
    process.off("SIGINT", interrupt);
  }
}
