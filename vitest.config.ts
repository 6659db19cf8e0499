import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["{commands,infra,mosquitto,smoke-tests,toolchain}/**/*.test.ts"] } },
    ],
  },
});
