import colors from "picocolors";
import type { Claim } from "./claim.ts";
import type { Drill, DrillStep } from "./drill.ts";
import { trafficPlan } from "./traffic.ts";

type Paint = ReturnType<typeof colors.createColors>;

interface Column {
  /** Two lines. */
  readonly heading: readonly [string, string];
  readonly width: number;
  readonly cell: (step: DrillStep) => Cell;
}

interface Cell {
  readonly text: string;
  /** Whether what the cell says has to be otherwise. */
  readonly bad?: boolean;
}

const NAMES = 26;

const columns: readonly Column[] = Object.freeze([
  { heading: ["", "up"], width: 8, cell: ({ update }) => ({ text: seconds(update) }) },
  { heading: ["old", "refused"], width: 10, cell: ({ oldRefused }) => ({ text: seconds(oldRefused) }) },
  { heading: ["new", "taken"], width: 9, cell: ({ newTaken }) => ({ text: seconds(newTaken) }) },
  { heading: ["", "messages"], width: 10, cell: ({ traffic }) => ({ text: `${traffic.sent}` }) },
  { heading: ["", "lost"], width: 6, cell: ({ traffic }) => nought(traffic.lost) },
  { heading: ["", "twice"], width: 7, cell: ({ traffic }) => nought(traffic.duplicated) },
  {
    heading: ["longest", "gap"],
    width: 9,
    cell: ({ traffic }) => ({ text: `${Math.round(traffic.longestGap)} ms` }),
  },
  { heading: ["bystanders", "cut off"], width: 12, cell: ({ traffic }) => nought(traffic.disconnected) },
  {
    heading: ["", "broker"],
    width: 11,
    cell: ({ broker }) => ({ text: broker.same ? "same" : "restarted", bad: !broker.same }),
  },
  { heading: ["certificate", "mqtts wss"], width: 13, cell: ({ broker }) => served(broker.certificate) },
] satisfies Column[]);

/**
 * Renders a drill for people: a table of the rotations, what its times are, each claim that did not hold
 * with what was seen, and the sum as the last line.
 */
export function renderDrill(drill: Drill, { colour }: { readonly colour: boolean }): string {
  const paint = colors.createColors(colour);
  return [
    ...table(drill.steps, paint),
    "",
    ...NOTES.map((line) => paint.dim(line)),
    "",
    ...failures(drill.steps, paint),
    sum(drill, paint),
  ].join("\n");
}

const NOTES = [
  `${trafficPlan.clients} bystanders on four listeners; one sends ${trafficPlan.messagesPerSecond} QoS 1 messages a second to another user's.`,
  "Times are from the start of `pulumi up`; a new password can be tried once its outputs are there.",
  "Broker: container and start time. Certificate: the one served is the one in the outputs.",
];

function table(steps: readonly DrillStep[], paint: Paint): string[] {
  const headings = ([0, 1] as const).map((line) => {
    const text = columns.map(({ heading, width }) => heading[line].padStart(width)).join("");
    return paint.bold(`${(line === 1 ? "Rotation" : "").padEnd(NAMES)}${text}`);
  });
  return [...headings, ...steps.map((step) => row(step, paint))];
}

function row(step: DrillStep, paint: Paint): string {
  const name = step.name.padEnd(NAMES);
  const cells = columns.map(({ width, cell }) => {
    const { text, bad = false } = cell(step);
    return bad ? paint.red(text.padStart(width)) : text.padStart(width);
  });
  return `${step.claims.every(({ held }) => held) ? name : paint.red(name)}${cells.join("")}`;
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "–" : `${(milliseconds / 1000).toFixed(1)} s`;
}

function nought(count: number): Cell {
  return { text: `${count}`, bad: count > 0 };
}

function served({ mqtts, wss }: DrillStep["broker"]["certificate"]): Cell {
  return { text: `${mqtts ? "✓" : "✗"}    ${wss ? "✓" : "✗"} `, bad: !mqtts || !wss };
}

function failures(steps: readonly DrillStep[], paint: Paint): string[] {
  const lines = steps.flatMap(({ name, claims }) =>
    claims.filter(({ held }) => !held).flatMap((claim) => failure(name, claim, paint)),
  );
  return lines.length === 0 ? [] : [paint.bold(paint.red("Failed")), ...lines, ""];
}

function failure(name: string, { sentence, seen }: Claim, paint: Paint): string[] {
  return [paint.red(`  ✗ ${name}: ${sentence}`), `      seen  ${seen ?? "nothing"}`];
}

function sum({ passed, failed, seconds: spent, broker }: Drill, paint: Paint): string {
  const others = failed > 0 ? `, ${failed} failed` : "";
  const text = `${passed} claims proved${others} in ${spent.toFixed(1)} s against ${broker}`;
  return failed > 0 ? paint.red(text) : paint.green(text);
}
