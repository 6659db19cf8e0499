import { execa } from "execa";
import { createProgress } from "../toolchain/progress.ts";
import { projectFolder } from "../toolchain/project.ts";
import { runTests, type Tally, writeTally } from "./tally.ts";

/** Format, lint, types and unit tests. */
export async function check(): Promise<number> {
  return writeTally(await checkSources());
}

/** Puts the sources into the one format. */
export async function format(): Promise<number> {
  const { exitCode } = await execa("biome", ["check", "--write", "."], { ...here, stdio: "inherit" });
  return exitCode ?? 1;
}

/** Everything that needs no Docker; goes on after a failure, so that one run tells all. */
export async function checkSources(): Promise<Tally> {
  const progress = createProgress({ quietBelow: 0 });
  const passed = [
    await tool("format and lint", "biome", ["ci", "--colors=off", "."]),
    // What has not changed since the last run is not checked again.
    await tool("types", "tsc", [
      "--incremental",
      "--tsBuildInfoFile",
      "node_modules/.cache/types.tsbuildinfo",
    ]),
  ].filter(Boolean).length;
  const units = await progress.step("unit tests", () => runTests(["unit"]));
  return { passed: passed + units.passed, failed: 2 - passed + units.failed };

  async function tool(title: string, command: string, args: readonly string[]): Promise<boolean> {
    const run = async () => {
      const result = await execa(command, args, { ...here, all: true });
      if (result.exitCode !== 0) throw new Error(result.all);
    };
    return await progress.step(title, run).then(
      () => true,
      (error: Error) => {
        process.stderr.write(`${error.message}\n`);
        return false;
      },
    );
  }
}

const here = Object.freeze({
  cwd: projectFolder,
  preferLocal: true,
  localDir: projectFolder,
  reject: false as const,
});
