import { stderr, stdout } from "node:process";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import type { MatrixProgress } from "../smoke-tests/matrix/matrix.ts";
import { progressBar } from "../smoke-tests/progress-bar.ts";
import type { Proof } from "../smoke-tests/proof.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { renderReport } from "../smoke-tests/report.ts";
import { mayColour } from "../toolchain/colour.ts";
import type { Stack } from "../toolchain/stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { withImageNotices } from "./image-notices.ts";
import { prepareWorkplace } from "./workplace.ts";

export interface SmokeOptions {
  readonly stack: string;
  readonly install: boolean;
  /** Prints the proof as one JSON document. */
  readonly json: boolean;
}

/** Proves a running stack with the smoke tests. */
export async function smoke(options: SmokeOptions): Promise<number> {
  const { stack, progress } = await prepareWorkplace(options);
  const outputs = await readRunningOutputs(stack);
  return await withImageNotices(options, progress, async () => {
    const proof = stderr.isTTY
      ? await progress.step("proving the running broker", (note) => prove(stack, outputs, note))
      : await prove(stack, outputs);
    stdout.write(options.json ? `${JSON.stringify(proof, undefined, 2)}\n` : `${report(proof)}\n`);
    return proof.failed === 0 ? 0 : 1;
  });
}

/** The outputs of a stack that may not be up. */
export async function readRunningOutputs(stack: Stack): Promise<StackOutputs> {
  if (((await stack.resources()) ?? 0) === 0) {
    throw new UserError(`stack ${stack.name} is not up; ${mendCommand(stack)}`);
  }
  return await readOutputs(stack);
}

/** The outputs of a stack that is up, in the form of the contract. */
export async function readOutputs(stack: Pick<Stack, "name" | "outputs">): Promise<StackOutputs> {
  const outputs = stackOutputs.safeParse(await stack.outputs());
  if (outputs.success) return outputs.data;
  const missing = [...new Set(outputs.error.issues.map(({ path }) => path[0]))].join(", ");
  throw new UserError(
    `stack ${stack.name} lacks outputs (${missing}), as after an update that failed; ${mendCommand(stack)}`,
  );
}

function mendCommand(stack: Pick<Stack, "name">): string {
  return `bring it up with: npm run up -- --stack ${stack.name}`;
}

/**
 * Runs the smoke tests; an interrupt ends them, and counts as a failure.
 *
 * @param note shows the progress to a person, on a terminal only
 */
export async function prove(
  stack: Stack,
  outputs: StackOutputs,
  note: (text: string) => void = () => {},
): Promise<Proof> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once("SIGINT", interrupt);
  try {
    return await proveStack(outputs, {
      stack: stack.name,
      signal: interruption.signal,
      ...(stderr.isTTY ? { onProgress: (progress: MatrixProgress) => note(progressBar(progress)) } : {}),
    });
  } finally {
    process.off("SIGINT", interrupt);
  }
}

export function report(proof: Proof): string {
  return renderReport(proof, { colour: mayColour(stdout) });
}
