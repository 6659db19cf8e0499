import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preparePython } from "./python-environment.ts";
import { manage, runPython } from "./service-process.ts";
import { ThrowawayPostgres } from "./throwaway-postgres.ts";

// Nothing is written into the project's folder.
const embedded = { SQLITE_FILE: ":memory:" };

let python: string;
let postgres: ThrowawayPostgres;

beforeAll(async () => {
  python = await preparePython();
  postgres = await ThrowawayPostgres.start();
}, 600_000);

afterAll(() => postgres?.remove());

describe("the project's sources", () => {
  it("pass its own tests, on SQLite and on PostgreSQL", async () => {
    for (const environment of [embedded, postgres.environment]) {
      const { exitCode, output } = await manage({ python, environment }, "test");
      expect(exitCode, output).toBe(0);
    }
  });

  it.each([
    ["-m", "ruff", "check", "--no-cache", "."],
    ["-m", "ruff", "format", "--no-cache", "--check", "."],
    ["-m", "mypy", "--cache-dir=/dev/null", "."],
    ["manage.py", "makemigrations", "--check"],
  ])("pass %s %s %s", async (...args) => {
    const { exitCode, output } = await runPython({ python, environment: embedded }, ...args);
    expect(exitCode, output).toBe(0);
  });
});
