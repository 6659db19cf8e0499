import colors from "picocolors";
import type { StackOutputs } from "../infra/contract.ts";
import { type Due, dues } from "../infra/due.ts";
import { runCommand } from "../infra/mend.ts";
import type { ProofCount } from "../infra/proof-label.ts";
import { listenerIn, listenersIn } from "../mosquitto/listener.ts";
import { STORAGE_FLOOR, type Storage } from "../mosquitto/storage.ts";
import type { Proof } from "../smoke-tests/proof.ts";
import { renderReport, renderSum } from "../smoke-tests/report.ts";
import type { Paint } from "../toolchain/colour.ts";
import { changeLines } from "./change-report.ts";
import type { StackChange } from "./stack-change.ts";
import { LINE, renderTable, wrap } from "./table.ts";

/** What an update came to. */
export interface UpResult {
  readonly change: StackChange;
  readonly outputs: StackOutputs;
  readonly proof: Proof;
  /** What was proved on a twin before the files in force went into force; undefined where that is not known. */
  readonly twin: ProofCount | undefined;
  /** Why it is not known, where it is a text. */
  readonly storage: Storage | string;
  readonly now: Date;
}

export interface UpReportOptions {
  readonly colour: boolean;
  /** Whether the table of checks is in it, and everything that has not changed. */
  readonly verbose: boolean;
}

/** Days before which nothing is told of what is due, where nothing has changed. */
const SOON = 30;

/** More users than these would push everything else off the screen. */
const SHOWN_USERS = 10;

/**
 * Renders what `up` tells at its end: what changed, what was proved, where the broker is reached, its users and storage,
 * what is due, and how to go on. Pure.
 *
 * Without a change it is a handful of lines. A failed proof is told in full, at the end, where a reader looks first.
 */
export function renderUpReport(result: UpResult, { colour, verbose }: UpReportOptions): string {
  const { change, outputs, proof } = result;
  const paint = colors.createColors(colour);
  const [failed, unchanged] = [proof.failed > 0, change.kind === "none"];
  const table = [renderReport(proof, { colour })];
  const sum = failed || verbose ? [] : [sumLine(result, paint, colour)];
  const parts = [
    ...(verbose && !failed ? [table] : []),
    [...changeLines(change, proof.stack, outputs, paint), ...sum],
    listeners(outputs, paint),
    console(outputs, paint),
    ...(unchanged && !failed && !verbose ? briefly(result, paint) : inFull(result, paint)),
    ...(failed ? [table] : []),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n");
}

/** The policy is proved before its files go into force, and the running broker is only asked. */
function sumLine({ proof, twin }: UpResult, paint: Paint, colour: boolean): string {
  if (twin === undefined) return renderSum(proof, { colour });
  const [now, before, others] = [proof.passed, twin.passed, proof.notApplicable + twin.notApplicable].map(
    (count) => count.toLocaleString("en"),
  );
  return paint.green(
    `${now} checks proved on the running broker, ${before} on a twin before its files went into force; ${others} not applicable`,
  );
}

/** What a reader wants to know where nothing has changed. */
function briefly({ outputs, proof, now }: UpResult, paint: Paint): string[][] {
  const soon = new Date(now.getTime() + SOON * 86_400_000).toISOString();
  const near = dues(outputs, now).filter(({ by }) => by < soon);
  return [
    near.length === 0 ? [] : [paint.bold("Due"), ...dueLines(near, paint)],
    [paint.dim(`Users, storage, what is due: ${runCommand(proof.stack, "up", "--verbose")}`)],
  ];
}

function inFull({ outputs, proof, storage, now }: UpResult, paint: Paint): string[][] {
  return [
    [paint.bold("Users"), ...userLines(proof.stack, outputs, paint)],
    [paint.bold("Storage"), storageLine(storage, paint)],
    [paint.bold("Due"), ...dueLines(dues(outputs, now).slice(0, 5), paint)],
    // Whoever reads of a failure has something else to do next.
    proof.failed > 0 ? [] : [paint.bold("Next"), ...nextLines(proof.stack, outputs, paint)],
  ];
}

function nextLines(stack: string, outputs: StackOutputs, paint: Paint): string[] {
  const user = Object.keys(outputs.users)[0] ?? "USER";
  const next = [
    [runCommand(stack, "client", user, "--for", "mosquitto"), "all that a client of this user needs"],
    [runCommand(stack, "access", "review"), "who may do what, for a person's review"],
    [runCommand(stack, "smoke"), "prove it again, with the table of checks"],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  return next.map(([command, purpose]) => `  ${command.padEnd(width)}  ${paint.dim(purpose)}`);
}

/** What the proof fails for, as here in red, is for a person to act on. */
function storageLine(storage: Storage | string, paint: Paint): string {
  if (typeof storage === "string") return `  not known: ${storage}`;
  const { used, free, damaged } = storage;
  const line = `  ${inMegabytes(used)} of messages and sessions, ${inMegabytes(free)} free`;
  if (damaged.length > 0) return paint.red(`${line}; a damaged database is in ${damaged[0]?.folder}`);
  return free < STORAGE_FLOOR ? paint.red(`${line}: messages that have to be stored are refused`) : line;
}

function inMegabytes(bytes: number): string {
  return bytes < 10 ** 9 ? `${Math.ceil(bytes / 10 ** 6)} MB` : `${(bytes / 10 ** 9).toFixed(1)} GB`;
}

function listeners({ listeners: open, origins }: StackOutputs, paint: Paint): string[] {
  const on = listenersIn(open);
  const pages = `pages in browsers that may connect: ${origins.join(", ") || "none"} (naboom-mqtt:listeners.origins)`;
  return [
    paint.bold("Listeners"),
    ...on.map((name) => `  ${name.padEnd(6)} ${listenerIn(open, name).url}`),
    ...(on.includes("ws") || on.includes("wss")
      ? wrap(pages, LINE - 4).map((line, place) => paint.dim(`${place === 0 ? "  " : "    "}${line}`))
      : []),
  ];
}

function console({ console: url }: StackOutputs, paint: Paint): string[] {
  return url === undefined ? [] : [paint.bold("Console"), `  ${url}`];
}

function userLines(stack: string, { users, listeners: open }: StackOutputs, paint: Paint): string[] {
  const all = listenersIn(open).length;
  const entries = Object.entries(users);
  const rows = entries.slice(0, SHOWN_USERS).map(([name, { rules, listeners: on }]) => {
    const where = on.length === all ? "" : `on ${on.join(", ")}`;
    return [{ text: name }, { text: describeRules(rules) }, { text: where, paint: paint.dim }];
  });
  const more = entries.length - rows.length;
  return [
    ...renderTable(rows, [40, 44, 20], "  "),
    ...(more > 0
      ? [`  and ${more.toLocaleString("en")} more: ${runCommand(stack, "access", "review")}`]
      : []),
  ];
}

/** Filters by access, such as `read a, b; write c`. */
function describeRules(rules: StackOutputs["users"][string]["rules"]): string {
  const kinds = [...new Set(rules.map(({ access }) => access))];
  const filters = (kind: string) => rules.filter(({ access }) => access === kind).map(({ filter }) => filter);
  return kinds.map((kind) => `${kind} ${filters(kind).join(", ")}`).join("; ");
}

function dueLines(all: readonly Due[], paint: Paint): string[] {
  const width = Math.max(20, ...all.map(({ what }) => what.length));
  return all.map(({ what, by, overdue, command }) => {
    const line = `  ${what.padEnd(width)}  ${by.slice(0, 10)}  `;
    return overdue ? paint.red(`${line}${command}  overdue`) : `${line}${paint.dim(command)}`;
  });
}
