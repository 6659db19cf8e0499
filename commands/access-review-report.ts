import colors from "picocolors";
import {
  type AccessReview,
  type Finding,
  findingKinds,
  type ReviewedPlace,
  type ReviewedRule,
  type Use,
} from "../infra/access-review.ts";
import { someOf } from "../infra/rule-breadth.ts";
import type { Paint } from "../toolchain/colour.ts";
import type { ReportOptions } from "./access-report.ts";
import { LINE, renderTable, wrap } from "./table.ts";

/** Characters that a rule's access, filter and use may take. */
const COLUMNS = Object.freeze([9, 58, 31]);

/** Renders a review for people: each user, role and pattern with its rules, and beneath each what to look at. */
export function renderReview(review: AccessReview, { colour }: ReportOptions): string {
  const paint = colors.createColors(colour);
  // One table for all, so that the columns stand below each other from place to place.
  const lines = renderTable(
    review.places.flatMap(({ rules }) => rules.map((rule) => rowOf(rule, paint))),
    COLUMNS,
    "  ",
  );
  let taken = 0;
  const places = review.places.flatMap((place) => [
    ...heading(place, paint),
    ...findings(place.findings, paint),
    ...place.rules.flatMap((rule) => {
      const height = rowHeight(rule);
      taken += height;
      return [...lines.slice(taken - height, taken), ...findings(rule.findings, paint)];
    }),
    "",
  ]);
  return [...foreword(review, paint), "", ...places, ...summary(review, paint)].join("\n");
}

function rowOf({ access, filter, use }: ReviewedRule, paint: Paint) {
  return [
    { text: access, ...(access === "deny" ? { paint: paint.red } : {}) },
    { text: filter },
    { text: useOf(use), paint: paint.dim },
  ];
}

function rowHeight({ access, filter, use }: ReviewedRule): number {
  const cells = [access, filter, useOf(use)];
  return Math.max(...cells.map((text, column) => wrap(text, COLUMNS[column] ?? LINE).length));
}

/** For instance `read 2026-11-24 14:02, write ?`. */
function useOf({ read, write }: ReviewedRule["use"]): string {
  const parts = [
    ...(read === undefined ? [] : [`read ${timeOf(read)}`]),
    ...(write === undefined ? [] : [`write ${timeOf(write)}`]),
  ];
  return parts.join(", ");
}

function timeOf(use: Use): string {
  if (use === "unknown") return "?";
  return use === "never" ? "never" : minute(use);
}

function minute(time: string): string {
  return time.slice(0, 16).replace("T", " ");
}

function heading({ kind, name, login, members }: ReviewedPlace, paint: Paint): string[] {
  const title = kind === "everyone" ? "everyone's patterns" : kind === "role" ? `role ${name}` : name;
  const facts =
    login === undefined
      ? members === undefined || members.length === 0
        ? []
        : [`of ${someOf(members)}`]
      : [
          `on ${login.listeners.join(", ")}`,
          ...(login.roles.length === 0
            ? []
            : [`has ${login.roles.map((role) => `role ${role}`).join(", ")}`]),
          ...(login.last === "unknown" || login.last === "never"
            ? []
            : [`last log-in ${minute(login.last)}`]),
        ];
  const text = [title, ...facts].join("  ");
  const [first = "", ...rest] = wrap(text, LINE);
  return [
    paint.bold(first.slice(0, title.length)) + first.slice(title.length),
    ...rest.map((line) => `  ${line}`),
  ];
}

function findings(found: readonly Finding[], paint: Paint): string[] {
  const rows = found.map(({ kind, words, users }) => [
    { text: `! ${kind}`, paint: paint.yellow },
    { text: users === undefined ? words : `${words} (${someOf(users)})` },
  ]);
  return renderTable(rows, [10, LINE - 25], " ".repeat(13));
}

function foreword({ log }: AccessReview, paint: Paint): string[] {
  if (log === undefined)
    return [paint.dim("Use is not known: no broker of this stack is running, or its log cannot be read.")];
  const sentences = [
    `Use is known since ${minute(log.began)} UTC, when the broker's log began; \`write ?\` is not known, as Mosquitto does not log it.`,
    ...(log.isWhole
      ? []
      : ["Older parts of the log are gone: who logged in before, and stayed, is not seen."]),
  ];
  return sentences.flatMap((sentence) => wrap(sentence, LINE)).map((line) => paint.dim(line));
}

function summary({ counts }: AccessReview, paint: Paint): string[] {
  const found = findingKinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  return [
    found.length === 0
      ? paint.green("Nothing to look at.")
      : paint.yellow(`To look at: ${found.join(", ")}.`),
  ];
}
