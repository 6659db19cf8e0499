import { stderr, stdout } from "node:process";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import type { PolicyProgress } from "../smoke-tests/policy/policy-proof.ts";
import { progressBar } from "../smoke-tests/progress-bar.ts";
import type { Proof } from "../smoke-tests/proof.ts";
import { proveRunningBroker } from "../smoke-tests/prove.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { renderReport } from "../smoke-tests/report.ts";
import { mayColour } from "../toolchain/colour.ts";
import type { Stack } from "../toolchain/stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { withImageNotices } from "./image-notices.ts";
import { prepareJunitFile, writeJunitFile } from "./junit-file.ts";
import { prepareWorkplace } from "./workplace.ts";

export interface SmokeOptions {
  readonly stack: string;
  readonly install: boolean;
  /** Prints the proof as one JSON document. */
  readonly json: boolean;
  /** Whether the whole policy is proved, on a twin. */
  readonly all: boolean;
  /** The path of a file for the proof as JUnit XML. */
  readonly junit?: string;
}

/**
 * Proves a running stack with the smoke tests.
 *
 * @throws UserError if the stack is not up, or the JUnit file cannot be written, which is known before anything is proved
 */
export async function smoke(options: SmokeOptions): Promise<number> {
  const junit = options.junit === undefined ? undefined : await prepareJunitFile(options.junit);
  const { stack, progress } = await prepareWorkplace(options);
  const outputs = await readRunningOutputs(stack);
  const title = options.all ? "proving the policy on a twin of the broker" : "proving the running broker";
  return await withImageNotices(options, progress, async () => {
    const proof = stderr.isTTY
      ? await progress.step(title, (note) => prove(stack, outputs, { ...options, note }))
      : await prove(stack, outputs, options);
    if (junit !== undefined) await writeJunitFile(junit, proof);
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

interface Extent {
  /** Whether the whole policy is proved, on a twin. @default false */
  readonly all?: boolean;
  /** Shows the progress to a person, on a terminal only. */
  readonly note?: (text: string) => void;
}

/** Proves a stack; an interrupt ends the proof, and counts as a failure. */
export async function prove(
  stack: Stack,
  outputs: StackOutputs,
  { all = false, note = () => {} }: Extent = {},
): Promise<Proof> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once("SIGINT", interrupt);
  try {
    const options = { stack: stack.name, signal: interruption.signal };
    if (!all) return await proveRunningBroker({ outputs }, options);
    const onProgress = stderr.isTTY ? (progress: PolicyProgress) => note(progressBar(progress)) : undefined;
    return await proveStack(outputs, { ...options, onProgress });
  } finally {
    process.off("SIGINT", interrupt);
  }
}

export function report(proof: Proof): string {
  return renderReport(proof, { colour: mayColour(stdout) });
}
