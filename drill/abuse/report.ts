import colors from "picocolors";
import type { Paint } from "../../toolchain/colour.ts";
import { type Abuse, type AbusePhase, isWithstood } from "./abuse.ts";
import type { Latency } from "./latency.ts";

interface Column {
  /** Two lines. */
  readonly heading: readonly [string, string];
  readonly width: number;
  readonly cell: (phase: AbusePhase) => string;
}

const NAME_WIDTH = 55;

const columns: readonly Column[] = Object.freeze([
  { heading: ["", "took"], width: 8, cell: ({ seconds }) => `${seconds.toFixed(0)} s` },
  { heading: ["latency", "median"], width: 10, cell: ({ latency }) => milliseconds(latency, "median") },
  { heading: ["in it", "p99"], width: 10, cell: ({ latency }) => milliseconds(latency, "p99") },
  { heading: ["", "longest"], width: 10, cell: ({ latency }) => milliseconds(latency, "longest") },
  { heading: ["after", "p99"], width: 10, cell: ({ latencyAfter }) => milliseconds(latencyAfter, "p99") },
  { heading: ["cut", "off"], width: 5, cell: ({ cutOff }) => `${cutOff}` },
  { heading: ["memory", "before"], width: 9, cell: ({ memory }) => megabytes(memory.before) },
  { heading: ["", "most"], width: 8, cell: ({ memory }) => megabytes(memory.most) },
  { heading: ["", "after"], width: 8, cell: ({ memory }) => megabytes(memory.after) },
  { heading: ["con-", "tainer"], width: 8, cell: ({ charged }) => megabytes(charged) },
] satisfies Column[]);

const NOTES = [
  "Latency: what the bystander's 100 QoS 1 messages a second take from when they are due, over TLS, to their arrival.",
  "Memory: of the broker's process, in MB; container: the most that the kernel charged it with, sockets' buffers included.",
  "The abuse, the bystander and the broker share this machine's processors, so that some of the latency is their clients'.",
];

/** Renders abuse for people: a table of the phases, what came of each, failures, and the sum as the last line. */
export function renderAbuse(abuse: Abuse, { colour }: { readonly colour: boolean }): string {
  const paint = colors.createColors(colour);
  const headings = ([0, 1] as const).map((line) => {
    const cells = columns.map(({ heading, width }) => heading[line].padStart(width)).join("");
    return paint.bold(`${(line === 1 ? "Phase" : "").padEnd(NAME_WIDTH)}${cells}`);
  });
  const rows = abuse.phases.flatMap((phase) => row(phase, paint));
  return [
    ...headings,
    ...rows,
    "",
    ...NOTES.map(paint.dim),
    "",
    ...faults(abuse, paint),
    sum(abuse, paint),
  ].join("\n");
}

function row(phase: AbusePhase, paint: Paint): string[] {
  const name = phase.name.padEnd(NAME_WIDTH);
  const cells = columns.map(({ width, cell }) => cell(phase).padStart(width)).join("");
  return [
    `${phase.ended === undefined ? name : paint.red(name)}${cells}`,
    ...(phase.outcome === "" ? [] : [paint.dim(`  ${phase.outcome}`)]),
    ...(phase.ended === undefined ? [] : [paint.red(`  the broker ended: ${phase.ended}`)]),
  ];
}

function faults({ failures, sanitizerReports }: Abuse, paint: Paint): string[] {
  const cases = failures.map(({ found, reproduced, inputs }) => {
    const again = reproduced ? "" : ", not a second time";
    return `  ✗ ended by ${inputs
      .map(({ kind }) => kind)
      .slice(0, 5)
      .join(", ")} (${found}${again})`;
  });
  const lines = [...cases, ...sanitizerReports.map((line) => `  ✗ ${line}`)];
  return lines.length === 0 ? [] : [...lines.map(paint.red), ""];
}

function sum(abuse: Abuse, paint: Paint): string {
  const { phases, sent, lost, seconds, image, seed } = abuse;
  const text = `${phases.length} phases, ${sent} messages of the bystander, ${lost} lost, in ${seconds.toFixed(0)} s against ${image}, seed ${seed}`;
  return isWithstood(abuse) ? paint.green(`withstood: ${text}`) : paint.red(`not withstood: ${text}`);
}

function milliseconds(latency: Latency | undefined, which: keyof Latency): string {
  return latency === undefined ? "–" : `${latency[which].toFixed(latency[which] < 10 ? 1 : 0)} ms`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined || bytes === 0 ? "–" : `${Math.round(bytes / 1e6)}`;
}
