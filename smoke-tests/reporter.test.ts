import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVitest } from "vitest/node";
import { type Check, summarize } from "./proof.ts";
import { createRedaction } from "./redaction.ts";
import { CheckReporter } from "./reporter.ts";

const PASSWORD = "correct-horse-battery";

const place = `{ meta: { check: { subject: "Log-in", listener: "ws", version: 5 } } }`;

/** Files of checks, each with a way to go wrong that must not look like a proof. */
const files = {
  "good.smoke.ts": `test("it holds", ${place}, () => {});`,
  "failing.smoke.ts": `test("it holds", ${place}, () => {
    throw Object.assign(new Error("no"), { expected: "no ${PASSWORD}", actual: "the ${PASSWORD}" });
  });`,
  "throwing.smoke.ts": `test("it holds", ${place}, () => { throw new Error("user:${PASSWORD}@host"); });`,
  "reasoned.smoke.ts": `test("it holds", ${place}, (context) => context.skip("there is no other user"));`,
  "skipped.smoke.ts": `test("it was meant to hold", (context) => context.skip());`,
  "todo.smoke.ts": `test.todo("it shall hold");`,
  "empty.smoke.ts": "",
  "broken.smoke.ts": `test("it holds", () => {`,
  "loading.smoke.ts": `throw new Error("no outputs"); test("it holds", () => {});`,
  "cleaning.smoke.ts": `afterAll(() => { throw new Error("a session is left"); }); test("it holds", () => {});`,
  "stray.smoke.ts": `test("it holds", async () => { setTimeout(() => { throw new Error("late ${PASSWORD}"); });
    await new Promise((resolve) => setTimeout(resolve, 50)); });`,
};

describe("the reporter", () => {
  let folder: string;
  let checks: readonly Check[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "reporter-"));
    const entries = Object.entries(files);
    await Promise.all(entries.map(([name, text]) => writeFile(join(folder, name), text)));
    checks = await run(folder, [...Object.keys(files), "missing.smoke.ts"]);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true }));

  const seen = (name: string) => checks.filter((check) => check.name === name);
  const outcomes = (name: string) => seen(name).map(({ outcome, seen: text }) => [outcome, text]);

  it("keeps a check's place and what it says that it expected and saw, without a password", () => {
    expect(seen("it holds")).toContainEqual({
      subject: "Log-in",
      listener: "ws",
      version: 5,
      name: "it holds",
      outcome: "failed",
      milliseconds: expect.any(Number),
      expected: "no [secret]",
      seen: "the [secret]",
    });
  });

  it("keeps passwords out of errors of any other kind too", () => {
    expect(outcomes("it holds")).toContainEqual(["failed", "user:[secret]@host"]);
    expect(outcomes("nothing goes wrong outside of a check")).toEqual([["failed", "late [secret]"]]);
    expect(JSON.stringify(checks)).not.toContain(PASSWORD);
  });

  it("takes a skip for not applicable when there is a reason, and for a failure when there is none", () => {
    expect(checks.filter(({ outcome }) => outcome === "not applicable")).toMatchObject([
      { name: "it holds", reason: "there is no other user" },
    ]);
    expect(outcomes("it was meant to hold")).toEqual([["failed", "it was skipped"]]);
    expect(outcomes("it shall hold")).toEqual([["failed", "it was skipped"]]);
  });

  it("takes a file that is missing, is empty or cannot be loaded for a failure", () => {
    const notRun = seen("each file of checks is run").map(({ expected }) => expected);
    const expected = ["broken", "empty", "loading", "missing"].map((name) => `checks in ${name}.smoke.ts`);
    expect(notRun.sort()).toEqual(expected);
    expect(outcomes("loading.smoke.ts is run")).toEqual([["failed", "no outputs"]]);
    expect(seen("broken.smoke.ts is run")).toHaveLength(1);
  });

  it("takes an error in the clean-up for a failure", () => {
    expect(outcomes("cleaning.smoke.ts is run")).toEqual([["failed", "a session is left"]]);
  });

  it("has a failure to tell of as long as no run has ended", () => {
    const { checks: before } = new CheckReporter([], (text) => text);
    expect(before).toMatchObject([{ name: "the run comes to its end", outcome: "failed" }]);
  });

  it("puts the run itself last", () => {
    const places = checks.map(({ subject }) => subject);
    expect(places.lastIndexOf("Log-in")).toBeLessThan(places.indexOf("Run"));
    expect(summarize({ stack: "dev", broker: "broker", seconds: 1 }, checks).failed).toBeGreaterThan(0);
  });
});

/** A real run of vitest on a folder of checks. */
async function run(root: string, names: readonly string[]): Promise<readonly Check[]> {
  const redact = createRedaction({
    credentials: { one: { username: "one", password: PASSWORD, connections: [] } },
    proofCredentials: {},
  });
  const reporter = new CheckReporter(names, redact);
  const exitCode = process.exitCode;
  const vitest = await createVitest("test", {
    root,
    config: false,
    globals: true,
    include: ["*.smoke.ts"],
    pool: "threads",
    isolate: false,
    watch: false,
    reporters: [reporter],
  });
  try {
    await vitest.start();
  } finally {
    await vitest.close();
    process.exitCode = exitCode;
  }
  return reporter.checks;
}
