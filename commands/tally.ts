import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { execa } from "execa";
import { z } from "zod";
import { mayColour } from "../toolchain/colour.ts";
import { projectFolder } from "../toolchain/project.ts";

/** How many tests held and how many did not. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const report = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/** Adds counts up. */
export function add(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** Prints the line that CI looks for, and gives the exit code: a run without a single passed test has failed. */
export function writeTally({ passed, failed }: Tally): number {
  stdout.write(`\n${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** Runs some of vitest's projects and counts; a file that could not run counts as a failed test. */
export async function runTests(projects: readonly string[]): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-tests-"));
  const file = join(folder, "report.json");
  try {
    const chosen = projects.flatMap((name) => ["--project", name]);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const colour = mayColour(stdout) ? [] : ["--no-color"];
    const result = await execa("vitest", ["run", ...chosen, ...reporters, ...colour], {
      cwd: projectFolder,
      preferLocal: true,
      localDir: projectFolder,
      stdio: "inherit",
      reject: false,
    });
    return count(await readFile(file, "utf8").catch(() => ""), result.exitCode ?? 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Counts a report of vitest. No report, or an exit code that the report does not explain, is a failure. */
export function count(json: string, exitCode: number): Tally {
  if (json === "") return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = report.parse(JSON.parse(json));
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const failed = numFailedTests + broken.length;
  return { passed: numPassedTests, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
}
