import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest } from "vitest/node";
import type { StackOutputs } from "../infra/contract.ts";
import { type Proof, summarize } from "./proof.ts";
import { createRedaction } from "./redaction.ts";
import { CheckReporter } from "./reporter.ts";

export interface ProveOptions {
  /** The stack's name, for the report. */
  readonly stack: string;
  /** Ends the run early; the proof then counts as failed. */
  readonly signal?: AbortSignal;
}

const folder = dirname(fileURLToPath(import.meta.url));

/**
 * Runs every smoke test against a stack and tells what was proved. Prints nothing.
 *
 * The outputs go to the tests' thread as a message: no secret is on a command line, in the environment or in a
 * file. Takes 2 to 3 seconds for one user.
 */
export async function proveStack(outputs: StackOutputs, { stack, signal }: ProveOptions): Promise<Proof> {
  const started = performance.now();
  const files = (await readdir(folder)).filter((name) => name.endsWith(".smoke.ts"));
  const reporter = new CheckReporter(files, createRedaction(outputs));
  const vitest = await createVitest("test", {
    root: join(folder, ".."),
    project: ["smoke"],
    run: true,
    watch: false,
    reporters: [reporter],
    onConsoleLog: () => false,
  });
  const interrupt = () => void vitest.cancelCurrentRun("keyboard-input");
  signal?.addEventListener("abort", interrupt);
  const exitCode = process.exitCode;
  try {
    vitest.provide("outputs", outputs);
    if (signal?.aborted !== true) await vitest.start();
  } finally {
    signal?.removeEventListener("abort", interrupt);
    await vitest.close();
    process.exitCode = exitCode;
  }
  const seconds = Math.round(performance.now() - started) / 1000;
  return summarize({ stack, broker: outputs.broker.container, seconds }, reporter.checks);
}
