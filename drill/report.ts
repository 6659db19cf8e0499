import colors from "picocolors";
import type { Paint } from "../toolchain/colour.ts";
import type { Claim } from "./claim.ts";
import type { Drill, DrillStep } from "./drill.ts";
import type { FaultNotShown, FaultStep } from "./fault.ts";
import { trafficPlan } from "./traffic.ts";

interface Column<Step> {
  /** Two lines. */
  readonly heading: readonly [string, string];
  readonly width: number;
  readonly cell: (step: Step) => Cell;
}

interface Cell {
  readonly text: string;
  /** Whether what the cell says has to be otherwise. */
  readonly bad?: boolean;
}

const columns: readonly Column<DrillStep>[] = Object.freeze([
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
] satisfies Column<DrillStep>[]);

const faultColumns: readonly Column<FaultStep>[] = Object.freeze([
  { heading: ["broker", "left on"], width: 11, cell: ({ leftOn }) => ({ text: leftOn ?? "–" }) },
  { heading: ["", "container"], width: 13, cell: ({ broker }) => ({ text: broker ?? "–" }) },
  { heading: ["", "next up"], width: 10, cell: ({ next }) => ({ text: seconds(next) }) },
  {
    heading: ["claims", "proved"],
    width: 11,
    cell: ({ claims }) => {
      const held = claims.filter((claim) => claim.held).length;
      return { text: `${held} of ${claims.length}`, bad: held < claims.length };
    },
  },
] satisfies Column<FaultStep>[]);

/**
 * Renders a drill for people: a table of the rotations and one of the faults, what they say, each claim that
 * did not hold with what was seen, and the sum as the last line.
 */
export function renderDrill(drill: Drill, { colour }: { readonly colour: boolean }): string {
  const paint = colors.createColors(colour);
  return [
    ...rotations(drill.steps, paint),
    ...faults(drill.faults, paint),
    ...failures(drill, paint),
    sum(drill, paint),
  ].join("\n");
}

const NOTES = [
  `${trafficPlan.clients} bystanders on four listeners; one sends ${trafficPlan.messagesPerSecond} QoS 1 messages a second to another user's.`,
  "Times are from the start of `pulumi up`; a new password can be tried once its outputs are there.",
  "Broker: container and start time. Certificate: the one served is the one in the outputs.",
];

const FAULT_NOTE =
  "Each in the middle of an update that asks for a new password and a new certificate; the next one completes it.";

const STOPPED_NOTE =
  "Container: stopped is one that Docker, once it was there again, did not start; `npm run up` does.";

function rotations(steps: readonly DrillStep[], paint: Paint): string[] {
  if (steps.length === 0) return [];
  const rows = table({ name: "Rotation", width: 26, columns }, steps, paint);
  return [...rows, "", ...NOTES.map((line) => paint.dim(line)), ""];
}

function faults(given: Drill["faults"], paint: Paint): string[] {
  if (given.length === 0) return [];
  const layout = { name: "Fault", width: 36, columns: faultColumns };
  const notShown = given
    .filter((fault) => !isShown(fault))
    .map((fault) => paint.yellow(`${fault.name.padEnd(layout.width)}  not shown`));
  const reasons = new Set(
    given.flatMap((fault) => (isShown(fault) ? [] : [`Not shown: ${fault.notShown}.`])),
  );
  const stopped = given.some((fault) => isShown(fault) && fault.broker === "stopped");
  const notes = [
    ...[FAULT_NOTE, ...(stopped ? [STOPPED_NOTE] : [])].map(paint.dim),
    ...[...reasons].map(paint.yellow),
  ];
  return [...table(layout, given.filter(isShown), paint), ...notShown, "", ...notes, ""];
}

function isShown(fault: FaultStep | FaultNotShown): fault is FaultStep {
  return "claims" in fault;
}

interface Table<Row> {
  readonly name: string;
  /** Of the names. */
  readonly width: number;
  readonly columns: readonly Column<Row>[];
}

function table<Row extends DrillStep | FaultStep>(
  layout: Table<Row>,
  rows: readonly Row[],
  paint: Paint,
): string[] {
  const headings = ([0, 1] as const).map((line) => {
    const text = layout.columns.map(({ heading, width }) => heading[line].padStart(width)).join("");
    return paint.bold(`${(line === 1 ? layout.name : "").padEnd(layout.width)}${text}`);
  });
  return [...headings, ...rows.map((each) => row(layout, each, paint))];
}

function row<Row extends DrillStep | FaultStep>(
  { columns, width }: Table<Row>,
  given: Row,
  paint: Paint,
): string {
  const name = given.name.padEnd(width);
  const cells = columns.map(({ width, cell }) => {
    const { text, bad = false } = cell(given);
    return bad ? paint.red(text.padStart(width)) : text.padStart(width);
  });
  return `${given.claims.every(({ held }) => held) ? name : paint.red(name)}${cells.join("")}`;
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

function failures({ steps, faults }: Drill, paint: Paint): string[] {
  const shown = [...steps, ...faults.filter(isShown)];
  const lines = shown.flatMap(({ name, claims }) =>
    claims.filter(({ held }) => !held).flatMap((claim) => failure(name, claim, paint)),
  );
  return lines.length === 0 ? [] : [paint.bold(paint.red("Failed")), ...lines, ""];
}

function failure(name: string, { sentence, seen }: Claim, paint: Paint): string[] {
  return [paint.red(`  ✗ ${name}: ${sentence}`), `      seen  ${seen ?? "nothing"}`];
}

function sum({ passed, failed, faults, seconds: spent, broker }: Drill, paint: Paint): string {
  const others = failed > 0 ? `, ${failed} failed` : "";
  const count = faults.filter((fault) => !isShown(fault)).length;
  const left = count === 0 ? "" : `; ${count} of ${faults.length} faults not shown`;
  const text = `${passed} claims proved${others} in ${spent.toFixed(1)} s against ${broker}${left}`;
  return failed > 0 ? paint.red(text) : paint.green(text);
}
