import { type Goal, goalValue, type Result, type Seen } from "../bench/figure.ts";
import { paintFor } from "../toolchain/colour.ts";
import { type Cell, renderTable } from "./table.ts";

const HEAD = ["figure", "wall", "processor", "beside", "memory", "goal"];

/** Renders figures as a table: seconds, the seconds of the empty project's update beside them, and the goals. */
export function renderBench(results: readonly Result[], { colour }: { readonly colour: boolean }): string {
  const { bold } = paintFor({ isTTY: colour });
  const rows = results.map((result) => row(result, colour));
  const head = HEAD.map((text) => ({ text, paint: bold }));
  return [
    ...renderTable([head, ...rows], [41, 9, 9, 9, 9, 60]),
    "",
    "Processor time is that of all processes but the Docker engine's; beside is an update of a Pulumi project with one",
    "resource of each plugin. What takes some seconds was measured three times, in turns, and the least counts.",
  ].join("\n");
}

function row(result: Result, colour: boolean): readonly Cell[] {
  const { red } = paintFor({ isTTY: colour });
  const { name } = result;
  if ("failure" in result) return [{ text: name }, ...blank(4), { text: result.failure, paint: red }];
  const { seen, goals } = result;
  const missed = goals.some((goal) => goalValue(goal, seen) > goal.atMost);
  return [
    { text: name },
    { text: seconds(seen.wall) },
    { text: seconds(seen.processor) },
    { text: seen.beside === undefined ? "" : seconds(seen.beside.processor) },
    { text: seen.peak === undefined ? "" : `${Math.round(seen.peak / 10 ** 6)} MB` },
    { text: goals.map((goal) => describeGoal(goal, seen)).join("; "), ...(missed ? { paint: red } : {}) },
  ];
}

function describeGoal(goal: Goal, seen: Seen): string {
  const value = goalValue(goal, seen);
  const missed = value > goal.atMost ? ", missed" : "";
  return goal.of === "ratio"
    ? `${value.toFixed(2)} times of at most ${goal.atMost.toFixed(1)}${missed}`
    : `${goal.of} at most ${goal.atMost} s${missed}`;
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

function blank(count: number): readonly Cell[] {
  return Array.from({ length: count }, () => ({ text: "" }));
}
