import { checkSources } from "./check.ts";
import { add, runTests, writeTally } from "./tally.ts";
import { prepareToolchain } from "./workplace.ts";

export interface TestOptions {
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
}

/** Every test: what needs no Docker first, then the tests on throwaway stacks. */
export async function test({ install }: TestOptions): Promise<number> {
  const sources = await checkSources();
  await prepareToolchain(install);
  return writeTally(add([sources, await runTests(["stack", "alone"])]));
}
