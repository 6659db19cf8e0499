import { basename } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { type Check, subjects } from "./proof.ts";
import type { Redaction } from "./redaction.ts";

type RunEnd = Parameters<NonNullable<Reporter["onTestRunEnd"]>>;

type RunError = RunEnd[1][number];

/**
 * Turns what vitest tells of a run into checks, every text redacted. Whatever is not a check that was made and
 * held becomes a failed one: a file without checks, an error outside of any, a skip without a reason.
 */
export class CheckReporter implements Reporter {
  /** What came of the run; until it has ended, that it has not. */
  checks: readonly Check[] = [unfinished];
  readonly #files: readonly string[];
  readonly #redact: Redaction;

  /** @param files the names of the files that have to take part */
  constructor(files: readonly string[], redact: Redaction) {
    this.#files = files;
    this.#redact = redact;
  }

  onTestRunEnd(modules: RunEnd[0], errors: RunEnd[1], reason: RunEnd[2]): void {
    const checks = modules.flatMap((module) => [...module.children.allTests()].map(checkOf));
    const faults = [
      ...this.#files
        .filter((file) => !ran(file, modules))
        .map((file) => fault("each file of checks is run", `checks in ${file}`, "none")),
      ...modules.flatMap((module) =>
        module.errors().map((error) => exception(`${nameOf(module)} is run`, error)),
      ),
      ...errors.map((error) => exception("nothing goes wrong outside of a check", error)),
      ...(reason === "interrupted" ? [unfinished] : []),
    ];
    this.checks = inOrder([...checks, ...faults].map((check) => redacted(check, this.#redact)));
  }
}

/** Checks in the order of a report. */
export function inOrder(checks: readonly Check[]): Check[] {
  return checks.toSorted((one, other) => subjects.indexOf(one.subject) - subjects.indexOf(other.subject));
}

function ran(file: string, modules: readonly TestModule[]): boolean {
  const module = modules.find((each) => nameOf(each) === file);
  return module !== undefined && [...module.children.allTests()].length > 0;
}

function nameOf({ moduleId }: TestModule): string {
  return basename(moduleId);
}

function checkOf(test: TestCase): Check {
  const result = test.result();
  const place = test.meta().check ?? { subject: "Run" };
  const about = {
    ...place,
    name: test.name,
    milliseconds: Math.round((test.diagnostic()?.duration ?? 0) * 10) / 10,
  };
  if (result.state === "passed") return { ...about, outcome: "proved" };
  if (result.state === "skipped" && result.note)
    return { ...about, outcome: "not applicable", reason: result.note };
  if (result.state === "failed") return { ...about, outcome: "failed", ...failure(result.errors[0]) };
  return { ...about, outcome: "failed", expected: "the check to be made", seen: `it was ${result.state}` };
}

function fault(name: string, expected: string, seen: string): Check {
  return { subject: "Run", name, outcome: "failed", milliseconds: 0, expected, seen };
}

const unfinished = Object.freeze(
  fault("the run comes to its end", "every check to be made", "an interruption before the last"),
);

/** A failed check of what should not have been thrown. */
export function exception(name: string, error: RunError): Check {
  const { expected, seen } = failure(error);
  return fault(name, expected, seen);
}

/** What a check itself says that it expected and saw, or else the error's message as it is. */
function failure(error: RunError | undefined): { expected: string; seen: string } {
  const { expected, actual, message }: Partial<RunError> = error ?? {};
  if (typeof expected === "string" && typeof actual === "string") return { expected, seen: actual };
  return { expected: "no error", seen: message ?? "an error without a message" };
}

/** Every free text of a check, redacted. */
const TEXTS: ReadonlySet<string> = new Set<keyof Check>(["name", "reason", "expected", "seen"]);

export function redacted(check: Check, redact: Redaction): Check {
  const entries = Object.entries(check).map(([key, value]) => [
    key,
    TEXTS.has(key) && typeof value === "string" ? redact(value) : value,
  ]);
  return Object.fromEntries(entries) as Check;
}
