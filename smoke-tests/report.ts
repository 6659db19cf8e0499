import colors from "picocolors";
import { runCommand } from "../infra/mend.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import type { Check, Outcome, Proof } from "./proof.ts";
import { type ProtocolVersion, versionName } from "./reason-codes.ts";

/** Causes of failures, and checks with one cause, beyond these numbers are only counted. */
const SHOWN = Object.freeze({ causes: 12, sentences: 4, users: 5, rules: 3 });

/** Characters of a listener's column. */
const COLUMN = 7;

const MARKS = Object.freeze({ proved: "✓", failed: "✗", "not applicable": "–" });

type Paint = ReturnType<typeof colors.createColors>;

/**
 * Renders a proof for people: a table of checks and listeners under each subject, what was not applicable
 * and why, each failure with what was expected and seen, and the sum as the last line.
 */
export function renderReport(proof: Proof, { colour }: { readonly colour: boolean }): string {
  const paint = colors.createColors(colour);
  const width = Math.max(0, ...proof.checks.map(({ name }) => name.length)) + 2;
  return [
    ...grouped(proof.checks, ({ subject }) => subject).flatMap((checks) => [
      ...table(checks, width, paint),
      "",
    ]),
    ...list(proof, "not applicable", paint),
    ...list(proof, "failed", paint),
    ...sampled(proof, paint),
    sum(proof, paint),
  ].join("\n");
}

/** Of many users a running broker is asked about some, which is said. */
function sampled({ asked, stack }: Proof, paint: Paint): string[] {
  if (asked === undefined || asked.users === asked.of) return [];
  const all = runCommand(stack, "smoke", "--all");
  const users = `${asked.users} of ${asked.of.toLocaleString("en")} users, another choice each time`;
  return [paint.dim(`The running broker was asked about ${users}; about all, on a twin: ${all}`), ""];
}

/** Renders only what failed, without colours. */
export function renderFailures(proof: Proof): string {
  return list(proof, "failed", colors.createColors(false)).slice(1).join("\n").trimEnd();
}

/** Renders how many checks there were, and where, in one line. */
export function renderSum(proof: Proof, { colour }: { readonly colour: boolean }): string {
  return sum(proof, colors.createColors(colour));
}

function table(checks: readonly Check[], width: number, paint: Paint): string[] {
  const subject = checks[0]?.subject ?? "";
  const listeners = listenerNames.filter((name) => checks.some(({ listener }) => listener === name));
  const heading = listeners.map((name) => name.padStart(COLUMN)).join("");
  return [
    `${paint.bold(subject)}${" ".repeat(Math.max(0, width + 2 - subject.length))}${paint.dim(heading)}`.trimEnd(),
    ...grouped(checks, ({ name }) => name).map((row) => {
      const cells = row.some(({ listener }) => listener === undefined)
        ? mark(row, paint)
        : listeners
            .map((name) =>
              mark(
                row.filter(({ listener }) => listener === name),
                paint,
              ),
            )
            .join("");
      return `  ${(row[0]?.name ?? "").padEnd(width)}${cells}`.trimEnd();
    }),
  ];
}

/** One mark for all versions and users together: the worst of what came of them. */
function mark(checks: readonly Check[], paint: Paint): string {
  const outcomes = checks.map(({ outcome }) => outcome);
  if (outcomes.length === 0) return " ".repeat(COLUMN);
  const pad = " ".repeat(COLUMN - 1);
  if (outcomes.includes("failed")) return pad + paint.red(MARKS.failed);
  if (outcomes.includes("proved")) return pad + paint.green(MARKS.proved);
  return pad + paint.yellow(MARKS["not applicable"]);
}

function list({ stack, checks: all }: Proof, outcome: Outcome, paint: Paint): string[] {
  const checks = all.filter((check) => check.outcome === outcome);
  const causes = grouped(checks, causeOf);
  const lines = causes.slice(0, SHOWN.causes).flatMap((group) => cause(group, paint));
  const left = causes.slice(SHOWN.causes).flat().length;
  const whole = runCommand(stack, "smoke", "--json");
  if (left > 0) lines.push(`  and ${left.toLocaleString("en")} more, all listed by: ${whole}`);
  if (lines.length === 0) return [];
  const heading = outcome === "failed" ? paint.red("Failed") : paint.yellow("Not applicable");
  return [paint.bold(heading), ...lines, ""];
}

/** What checks have in common whose outcome has one cause; the names of scratch topics differ all the same. */
function causeOf({ reason, expected, seen }: Check): string {
  return JSON.stringify([reason, expected, seen]).replace(/smoke-[0-9a-f]{12}/g, "smoke");
}

/** The sentences that one cause concerns, and the cause. */
function cause(checks: readonly Check[], paint: Paint): string[] {
  const [first] = checks;
  if (first === undefined) return [];
  const failed = first.outcome === "failed";
  const sentences = grouped(checks, ({ subject, name }) => `${subject}: ${name}`);
  const titles = sentences.slice(0, SHOWN.sentences).map((sentence) => {
    const title = `  ${MARKS[first.outcome]} ${sentence[0]?.subject}: ${sentence[0]?.name}`;
    return `${failed ? paint.red(title) : title} ${paint.dim(placesOf(sentence))}`.trimEnd();
  });
  const left = sentences.length - SHOWN.sentences;
  return [
    ...titles,
    ...(left > 0 ? [`    and ${left} more checks, for the same cause`] : []),
    ...(failed
      ? [`      expected  ${indented(first.expected)}`, `      seen      ${indented(first.seen)}`]
      : [`      ${first.reason}`]),
  ];
}

function indented(text = "nothing"): string {
  return text.split("\n").join("\n                ");
}

/** For instance `(mqtt, ws; MQTT 5; reader, writer; rule read a/#)`. */
function placesOf(checks: readonly Check[]): string {
  const listeners = unique<ListenerName>(checks.map(({ listener }) => listener));
  const versions = unique<ProtocolVersion>(checks.map(({ version }) => version));
  const users = some(unique<string>(checks.map(({ user }) => user)), SHOWN.users, "users");
  const rules = unique<string>(checks.map(({ rule }) => rule));
  const written = rules.length === 0 ? "" : `rule ${some(rules, SHOWN.rules, "rules")}`;
  const parts = [listeners.join(", "), versions.map(versionName).join(", "), users, written];
  const text = parts.filter((part) => part !== "").join("; ");
  return text === "" ? "" : `(${text})`;
}

/** The first of many, and how many more there are. */
function some(all: readonly string[], shown: number, what: string): string {
  if (all.length <= shown) return all.join(", ");
  return `${all.slice(0, shown - 1).join(", ")} and ${all.length - shown + 1} more ${what}`;
}

function sum({ passed, failed, notApplicable, seconds, broker }: Proof, paint: Paint): string {
  const proved = `${passed.toLocaleString("en")} ${passed === 1 ? "check" : "checks"} proved`;
  const others = [
    ...(failed > 0 ? [`${failed.toLocaleString("en")} failed`] : []),
    ...(notApplicable > 0 ? [`${notApplicable.toLocaleString("en")} not applicable`] : []),
  ];
  const text = `${[proved, ...others].join(", ")} in ${seconds.toFixed(1)} s against ${broker}`;
  return failed > 0 ? paint.red(text) : paint.green(text);
}

function grouped(checks: readonly Check[], keyOf: (check: Check) => string): Check[][] {
  const groups = new Map<string, Check[]>();
  for (const check of checks) {
    const group = groups.get(keyOf(check));
    if (group) group.push(check);
    else groups.set(keyOf(check), [check]);
  }
  return [...groups.values()];
}

function unique<Value>(values: readonly (Value | undefined)[]): Value[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
