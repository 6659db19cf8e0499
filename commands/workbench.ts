import type { TestProject } from "vitest/node";
import type { Workbench } from "../toolchain/throwaway-stack.ts";
import { prepareToolchain } from "./workplace.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The toolchain, for tests that bring up stacks of their own. */
    workbench: Workbench;
  }
}

/** Gets the toolchain ready once, before all tests that need an engine. */
export default async function setup(project: TestProject): Promise<void> {
  const { cli, environment } = await prepareToolchain(true);
  project.provide("workbench", { cli, environment });
}
