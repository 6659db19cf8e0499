import type { StackOutputs } from "../infra/contract.ts";
import type { Paint } from "../toolchain/colour.ts";
import type { ChangedStack, StackChange } from "./stack-change.ts";
import { LINE, wrap } from "./table.ts";

/** More sentences than these would push everything else off the screen. */
const SHOWN_CHANGES = 12;

/** Tells what an update has changed, and for whom, in the words of the policy. Pure. */
export function changeLines(
  change: StackChange,
  stack: string,
  outputs: StackOutputs,
  paint: Paint,
): string[] {
  if (change.kind === "none") return [paint.bold("No change: the stack was as its config says.")];
  if (change.kind === "created") return [paint.bold(`Stack ${stack} was created, with ${usersOf(outputs)}.`)];
  const sentences = change.policy.map(({ done }) => done);
  const shown = sentences.slice(0, SHOWN_CHANGES);
  const more = sentences.length - shown.length;
  const all = [
    ...shown,
    ...(more > 0 ? [`and ${more.toLocaleString("en")} more changes, each named above`] : []),
    ...consoleSentence(change),
    ...(isUnnamed(change) ? [UNNAMED] : []),
    clients(change),
  ];
  return [paint.bold("Changed"), ...all.flatMap(indented)];
}

/** Settings that a reload takes over and no sentence is about, such as limits, or files that were not the stack's. */
function isUnnamed({ policy, broker, console }: ChangedStack): boolean {
  return policy.length === 0 && broker === "kept" && console === "as it was";
}

const UNNAMED = "settings or files were changed, and the broker took them over by a reload";

function consoleSentence({ console }: ChangedStack): string[] {
  if (console === "as it was") return [];
  if (console === "reloaded") return ["the console took changed files over"];
  return [`the console was ${console}`];
}

/** Who was disconnected, and whether the broker was restarted; said of every update. */
function clients({ broker, otherImage, policy }: ChangedStack): string {
  if (broker === "started") return "the broker was not there or did not run, and was started";
  if (broker === "kept") {
    const others = policy.some(({ disconnects }) => disconnects) ? "nobody else" : "nobody";
    return `${others} was disconnected; the broker was not restarted`;
  }
  const image = otherImage ? " on another image" : "";
  return (
    `the broker was restarted${image}, and every client was disconnected; ` +
    "retained messages, sessions and queued messages were kept"
  );
}

function usersOf({ users }: StackOutputs): string {
  const count = Object.keys(users).length;
  return count === 1 ? "one user" : `${count.toLocaleString("en")} users`;
}

function indented(sentence: string): string[] {
  return wrap(sentence, LINE - 4).map((line, place) => `${place === 0 ? "  " : "    "}${line}`);
}
