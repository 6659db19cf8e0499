import { defineConfig } from "vitest/config";

const STACK_TESTS = "{clients,commands,drill,examples,infra,mosquitto,toolchain,web}/**/*.smoke.ts";

/** Stack tests that take times, or whose clients may not be kept waiting: nothing else may run beside them. */
const ALONE = ["drill/**/*.smoke.ts", "examples/django/{django,figure}.smoke.ts", "web/page.smoke.ts"];

/** What tests on throwaway stacks have in common. */
const onStacks = {
  globalSetup: "commands/workbench.ts",
  testTimeout: 180_000,
  hookTimeout: 180_000,
  allowOnly: false,
  retry: 0,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...onStacks,
          name: "stack",
          include: [STACK_TESTS],
          exclude: ALONE,
          // An update mostly waits for the engine, and each stack has names and ports of its own.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...onStacks,
          name: "alone",
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "unit",
          include: ["{bench,clients,commands,drill,infra,mosquitto,smoke-tests,toolchain,web}/**/*.test.ts"],
          // vitest leaves a processor free, which on two of them means one file at a time.
          maxWorkers: "100%",
          // Property tests take as long as the machine is busy.
          testTimeout: 30_000,
          // They hold nothing in common but frozen data, so that each process loads the modules once.
          isolate: false,
          // Commands that are printed name the stack where the caller's shell has another.
          env: { PULUMI_STACK: "" },
        },
      },
    ],
  },
});
