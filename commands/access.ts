import { access as exists, readdir } from "node:fs/promises";
import { join } from "node:path";
import { stdout } from "node:process";
import { explainAccess, ownReachOf, reachOf } from "../infra/access-explanation.ts";
import { reviewAccess } from "../infra/access-review.ts";
import { undelivered } from "../infra/delivered-access.ts";
import { DEFAULT_STACK, runCommand } from "../infra/mend.ts";
import { someOf } from "../infra/rule-breadth.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { mayColour, paintAnswer } from "../toolchain/colour.ts";
import { createProgress } from "../toolchain/progress.ts";
import { projectFolder } from "../toolchain/project.ts";
import { UserError } from "../toolchain/user-error.ts";
import { readAccessUse, readDeliveredAccess } from "./access-broker.ts";
import { type AccessQuestion, parseQuestion } from "./access-question.ts";
import { renderExplanation, renderReach, renderRights } from "./access-report.ts";
import { renderReview } from "./access-review-report.ts";
import { StackConfig } from "./stack-config.ts";

export interface AccessOptions {
  readonly stack: string;
  /** Prints the answer as one JSON document. */
  readonly json: boolean;
  /** Asks about a client with this id. @default any */
  readonly clientId?: string;
}

/** An answer for machines and for people. */
interface Answer {
  readonly exitCode: number;
  readonly data: object;
  readonly text: string;
}

/** Answers from a stack's config who may do what; exit code 1 where a user that was asked about may not. */
export async function access(words: readonly string[], options: AccessOptions): Promise<number> {
  const { stack, json } = options;
  await requireConfig(stack);
  const settings = (await StackConfig.read(stack)).settings();
  const question = parseQuestion(words, settings, stack);
  if (options.clientId !== undefined) requireClientIds(question, settings, stack);
  const [{ exitCode, data, text }, delivered] = await Promise.all([
    answer(question, settings, options),
    readDeliveredAccess(stack),
  ]);
  const late = delivered === undefined ? undefined : undelivered(settings, delivered);
  if (json) stdout.write(`${JSON.stringify({ stack, ...data, undelivered: late ?? null }, undefined, 2)}\n`);
  else stdout.write([text, ...notice(stack, late ?? []), ""].join("\n"));
  return exitCode;
}

async function answer(
  question: AccessQuestion,
  settings: Settings,
  { stack, clientId }: AccessOptions,
): Promise<Answer> {
  const report = { colour: mayColour(stdout) };
  switch (question.about) {
    case "right": {
      const asked = clientId === undefined ? question : { ...question, clientId };
      const data = explainAccess(settings, asked);
      return { exitCode: data.allowed ? 0 : 1, data, text: renderExplanation(data, settings, report) };
    }
    case "user": {
      const { rules, roles, listeners } = settings.users[question.user] ?? {};
      const data = { user: question.user, rules, roles, listeners, patterns: settings.patterns };
      return { exitCode: 0, data, text: renderRights(question.user, settings, report) };
    }
    case "topic": {
      const { topic } = question;
      const [users, own] = [reachOf(settings, topic), ownReachOf(settings, topic)];
      return { exitCode: 0, data: { topic, users, own }, text: renderReach(topic, users, own, report) };
    }
    case "review": {
      const progress = createProgress({ quietBelow: 2_000 });
      const use = await progress.step("reading the broker's log", (note) =>
        readAccessUse(stack, settings, note),
      );
      const data = reviewAccess(settings, use);
      return { exitCode: 0, data, text: renderReview(data, report) };
    }
  }
}

/** A client id is asked about where it can make a difference. */
function requireClientIds(question: AccessQuestion, { clientIds, users }: Settings, stack: string): void {
  const [user = ""] = Object.keys(users);
  const instead = runCommand(stack, "access", "explain", user, "read", "naboom/topic");
  if (question.about !== "right")
    throw new UserError(
      `--client-id goes with a user, an access and a topic; for instance: ${instead} --client-id ID`,
    );
  if (clientIds === "own")
    throw new UserError(
      `--client-id was given, and each client has its account's name for an id here; without: ${instead}`,
    );
}

function notice(stack: string, late: readonly string[]): string[] {
  if (late.length === 0) return [];
  const sentence = `Not delivered yet, so the running broker decides otherwise for ${someOf(late)}; to deliver it: ${runCommand(stack, "up")}`;
  return ["", paintAnswer.yellow(sentence)];
}

/** A stack without a file would be asked about the defaults, which nobody wrote. */
async function requireConfig(stack: string): Promise<void> {
  const file = `Pulumi.${stack}.yaml`;
  if (
    await exists(join(projectFolder, file)).then(
      () => true,
      () => false,
    )
  )
    return;
  const names = (await readdir(projectFolder)).flatMap(
    (name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [],
  );
  const there = names.length === 0 ? "there is none of any stack" : `there is one of ${someOf(names)}`;
  const mend =
    names.length === 0
      ? `make it: printf 'config:\\n  naboom-mqtt:users:\\n    web: { read: [naboom/news] }\\n' > ${file}`
      : runCommand(names.includes(DEFAULT_STACK) ? DEFAULT_STACK : (names[0] ?? ""), "access", "review");
  throw new UserError(`stack ${stack} has no config file ${file}; ${there}: ${mend}`);
}
