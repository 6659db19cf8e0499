import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest } from "vitest/node";
import type { StackOutputs } from "../infra/contract.ts";
import { connectionShortage } from "./connections.ts";
import { proveFiles } from "./files.ts";
import { type MatrixOptions, type MatrixProgress, proveMatrix } from "./matrix/matrix.ts";
import { type Check, type Proof, summarize } from "./proof.ts";
import { checkReachability } from "./reachability.ts";
import { createRedaction, type Redaction } from "./redaction.ts";
import { CheckReporter, exception, inOrder, redacted } from "./reporter.ts";
import { proveStorage } from "./storage.ts";

export interface ProveOptions {
  /** The stack's name, for the report. */
  readonly stack: string;
  /** Ends the run early; the proof then counts as failed. */
  readonly signal?: AbortSignal;
  /** Hears how far the proof of the policy is, which takes the longest where there are many users. */
  readonly onProgress?: (progress: MatrixProgress) => void;
}

const folder = dirname(fileURLToPath(import.meta.url));

/**
 * Runs every smoke test against a stack and tells what was proved. Prints nothing.
 *
 * The outputs go to the tests' thread as a message: no secret is on a command line, in the environment or in a
 * file. Takes 2 to 3 seconds for one user. Where a listener cannot be reached, nothing else is tried.
 */
export async function proveStack(outputs: StackOutputs, options: ProveOptions): Promise<Proof> {
  const { stack, signal, onProgress } = options;
  const started = performance.now();
  const about = { stack, broker: outputs.broker.container };
  const reachability = await checkReachability(outputs);
  const reachable = reachability.every(({ outcome }) => outcome === "proved");
  const checks = reachable ? await proveReachable(outputs, { signal, onProgress }) : [];
  const seconds = Math.round(performance.now() - started) / 1000;
  return summarize({ ...about, seconds }, inOrder([...reachability, ...checks]));
}

async function proveReachable(outputs: StackOutputs, options: MatrixOptions): Promise<readonly Check[]> {
  const redact = createRedaction(outputs);
  const [tests, files, storage, matrix] = await Promise.all([
    runTests(outputs, redact, options.signal),
    proveFiles(outputs),
    proveStorage(outputs),
    proveMatrix(outputs, options).catch((error) => [exception("the policy is tried to its end", error)]),
  ]);
  const checks = [...tests, ...[...files, ...storage, ...matrix].map((check) => redacted(check, redact))];
  return [...checks, ...connectionShortage(outputs.limits, checks)];
}

async function runTests(
  outputs: StackOutputs,
  redact: Redaction,
  signal: AbortSignal | undefined,
): Promise<readonly Check[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".smoke.ts"));
  const reporter = new CheckReporter(files, redact);
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
  return reporter.checks;
}
