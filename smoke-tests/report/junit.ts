import type { Check, Outcome, Proof } from "../proof.ts";
import { versionName } from "../reason-codes.ts";

/**
 * Test cases of a file at most, beyond failed ones: GitLab refuses a file of 30 MB or of more than 250,000 objects,
 * of which a test case takes four to six (docs.gitlab.com/ci/testing/unit_test_reports).
 */
const MOST_CASES = 20_000;

/** One test case: a check, or checks that differ in nothing but user and rule. */
interface TestCase {
  readonly name: string;
  readonly check: Check;
  readonly checks: number;
  readonly milliseconds: number;
}

/**
 * Renders a proof as JUnit XML, in the form that GitLab, Jenkins and the usual reporters of GitHub read: a test suite for
 * each subject, a test case for each check, with a name of its own.
 *
 * Of a proof with more than 20,000 checks, those that have not failed share a test case where they differ in nothing but
 * user and rule; its `assertions` is their number.
 */
export function renderJunit(proof: Proof, { mostCases = MOST_CASES } = {}): string {
  const subjects = [...groupedBy(proof.checks, ({ subject }) => subject)];
  const together = proof.checks.length > mostCases;
  const suites = subjects.map(([subject, checks]) => {
    const cases = unique(together ? shared(checks) : checks.map(alone));
    return { cases, lines: suite(proof, subject, cases) };
  });
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: proof.broker, ...counts(all), time: proof.seconds.toFixed(3) })}>`,
    ...suites.flatMap(({ lines }) => lines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite({ stack }: Proof, subject: string, cases: readonly TestCase[]): string[] {
  const milliseconds = cases.reduce((sum, each) => sum + each.milliseconds, 0);
  return [
    `  <testsuite${attributes({ name: subject, ...counts(cases), time: seconds(milliseconds) })}>`,
    // Reporters take what is before the last dot for the package.
    ...cases.map((each) => testCase(`${stack}.${subject}`, each)),
    "  </testsuite>",
  ];
}

function testCase(classname: string, { name, check, checks, milliseconds }: TestCase): string {
  const more = checks > 1 ? { assertions: checks } : {};
  const start = `    <testcase${attributes({ classname, name, time: seconds(milliseconds), ...more })}`;
  const { outcome, reason = "", expected = "nothing", seen = "nothing" } = check;
  if (outcome === "proved") return `${start}/>`;
  if (outcome === "not applicable") return `${start}><skipped${attributes({ message: reason })}/></testcase>`;
  const message = `expected ${expected}; seen ${seen}`;
  const text = escaped(`expected  ${expected}\nseen      ${seen}`);
  return `${start}><failure${attributes({ message, type: "failed" })}>${text}</failure></testcase>`;
}

function counts(cases: readonly TestCase[]): Readonly<Record<string, number>> {
  const count = (outcome: Outcome) => cases.filter(({ check }) => check.outcome === outcome).length;
  return { tests: cases.length, failures: count("failed"), errors: 0, skipped: count("not applicable") };
}

function alone(check: Check): TestCase {
  return { name: nameOf(check), check, checks: 1, milliseconds: check.milliseconds };
}

/** Each failed check alone, and the others with those that differ in nothing but user and rule. */
function shared(checks: readonly Check[]): TestCase[] {
  const keyOf = (check: Check) => {
    const { name, listener, version, outcome, reason } = check;
    return outcome === "failed" ? check : JSON.stringify([name, listener, version, outcome, reason]);
  };
  return [...groupedBy(checks, keyOf).values()].flatMap((group) => {
    const [check] = group;
    if (check === undefined) return [];
    if (group.length === 1) return [alone(check)];
    const { user: _, rule: __, ...place } = check;
    const milliseconds = group.reduce((sum, each) => sum + each.milliseconds, 0);
    return [{ name: nameOf(place), check, checks: group.length, milliseconds }];
  });
}

/** For instance `an allowed read is served (mqtt, MQTT 5, user reader, rule read a/#)`. */
function nameOf({ name, listener, version, user, rule }: Omit<Check, "subject">): string {
  const parts = [
    listener,
    version === undefined ? undefined : versionName(version),
    user === undefined ? undefined : `user ${user}`,
    rule === undefined ? undefined : `rule ${rule}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? name : `${name} (${parts.join(", ")})`;
}

/** Of test cases with one name GitLab reads only the first, so that the others are numbered. */
function unique(cases: readonly TestCase[]): TestCase[] {
  const times = new Map<string, number>();
  return cases.map((each) => {
    const time = (times.get(each.name) ?? 0) + 1;
    times.set(each.name, time);
    return time === 1 ? each : { ...each, name: `${each.name}, ${time}` };
  });
}

function groupedBy<Key>(checks: readonly Check[], keyOf: (check: Check) => Key): Map<Key, Check[]> {
  const groups = new Map<Key, Check[]>();
  for (const check of checks) {
    const key = keyOf(check);
    const group = groups.get(key);
    if (group) group.push(check);
    else groups.set(key, [check]);
  }
  return groups;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replace(/[\t\n\r]/g, reference)}"`)
    .join("");
}

/** What XML 1.0 has no character for (production 2), such as most control characters, becomes U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replace(/[&<>"]/g, reference);
}

function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
