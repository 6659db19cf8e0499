import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "smoke",
          include: ["smoke-tests/*.smoke.ts"],
          // Checks wait for a broker, and hardly compute: one thread that is started once is the fastest.
          pool: "threads",
          isolate: false,
          maxWorkers: 1,
          maxConcurrency: 16,
          testTimeout: 20_000,
          hookTimeout: 20_000,
          allowOnly: false,
          retry: 0,
        },
      },
      {
        test: {
          name: "stack",
          include: ["{clients,commands,drill,examples,infra,mosquitto,toolchain,web}/**/*.smoke.ts"],
          globalSetup: "commands/workbench.ts",
          // Stacks share one engine, and figures are measured on it: one file at a time.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          allowOnly: false,
          retry: 0,
        },
      },
      {
        test: {
          name: "unit",
          include: ["{clients,commands,drill,infra,mosquitto,smoke-tests,toolchain,web}/**/*.test.ts"],
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
