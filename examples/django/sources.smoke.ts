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

describe("a setting that cannot be", () => {
  it.each([
    ["MQTT_USE_SSL", "ssl", "MQTT_USE_SSL is 'ssl': give true, 1, yes or on, or else false, 0, no or off."],
    ["MQTT_PORT", "abc", "MQTT_PORT is 'abc': give a whole number from 1 to 65535."],
    ["MQTT_SSL_PORT", "abc", "MQTT_SSL_PORT is 'abc': give a whole number from 1 to 65535.", "--ssl"],
    ["MQTT_KEEPALIVE", "1.5", "MQTT_KEEPALIVE is '1.5': give a whole number from 1 to 65535."],
  ])("as %s=%s is one sentence and exit code 2", async (name, value, sentence, ...options) => {
    const environment = { ...embedded, MQTT_PASSWORD: "of-a-test", [name]: value };
    const place = { python, environment };
    const { exitCode, output } = await manage(place, "run_mqtt_service_secure", ...options);
    expect(output).toBe(`CommandError: ${sentence}`);
    expect(exitCode).toBe(2);
  });
});
