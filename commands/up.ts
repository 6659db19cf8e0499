import { stdout } from "node:process";
import type { StackOutputs } from "../infra/contract.ts";
import { type Due, dues } from "../infra/due.ts";
import { type EngineContainer, hasVolume, inspectContainers } from "../infra/engine.ts";
import { DEFAULT_STACK, runCommand } from "../infra/mend.ts";
import { engineNames } from "../infra/names.ts";
import { inspectStorage } from "../infra/storage.ts";
import { listenerIn, listenersIn } from "../mosquitto/listener.ts";
import { STORAGE_FLOOR, type Storage } from "../mosquitto/storage.ts";
import { paintAnswer, paintNotice } from "../toolchain/colour.ts";
import { projectName } from "../toolchain/project.ts";
import type { Stack } from "../toolchain/stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { removeSupersededImages, withImageNotices } from "./image-notices.ts";
import { checkImageUpdate } from "./images.ts";
import { prove, readOutputs, report } from "./smoke.ts";
import { StackConfig } from "./stack-config.ts";
import { mendStack, prepareWorkplace, type Workplace } from "./workplace.ts";

export interface UpOptions {
  readonly stack: string;
  readonly install: boolean;
  /** Whether the images are built of the newest packages, and the broker is replaced where they are newer. */
  readonly updateImage: boolean;
}

/** Brings the stack up with `pulumi up`, proves it with the smoke tests, and says how to go on. */
export async function up(options: UpOptions): Promise<number> {
  // Pulumi names no file and no line where it cannot read one, and takes a while to come to the mistakes in it.
  const config = await StackConfig.read(options.stack);
  config.check();
  if (options.updateImage) checkImageUpdate(options, config.image());
  const workplace = await prepareWorkplace(options);
  return await withImageNotices(options, workplace.progress, () => bringUp(workplace, options.updateImage));
}

async function bringUp(workplace: Workplace, updateImage: boolean): Promise<number> {
  const { stack, progress } = workplace;
  await mendStack(workplace);
  const broker = await findBroker(stack);
  const refresh = broker.expected && !broker.running;
  if (refresh)
    progress.say(
      paintNotice.yellow("The broker is not running: asking the engine for what is left (--refresh)."),
    );
  const update = ["up", "--yes", "--skip-preview", "--suppress-outputs", ...(refresh ? ["--refresh"] : [])];
  const { exitCode } = await stack.run(update);
  if (exitCode !== 0) return exitCode;

  const [changes, outputs] = await Promise.all([stack.lastChanges(), readOutputs(stack)]);
  if (updateImage) await removeSupersededImages();
  const proof = await progress.step("proving the running broker", () => prove(stack, outputs));
  const storage = await inspectStorage(outputs.broker.container);
  stdout.write(`${report(proof)}\n\n${summary(stack.name, changes, outputs, storage)}\n`);
  return proof.failed === 0 ? 0 : 1;
}

/** Creates the stack where it is not there, and finds out how its broker is. */
async function findBroker(stack: Stack): Promise<{ expected: boolean; running: boolean }> {
  const { broker } = engineNames(projectName, stack.name);
  const [resources, containers] = await Promise.all([
    stack.resources(),
    inspectContainers(stack.name, [broker]),
  ]);
  const container = containers.get(broker);
  if (resources === undefined || resources === 0) {
    refuseForeign(stack.name, container);
    await refuseForeignVolumes(stack.name);
  }
  if (resources === undefined) {
    await refuseMisspelt(stack.name);
    await stack.create();
  }
  return { expected: (resources ?? 0) > 0, running: container?.running ?? false };
}

/** A stack that is new and has no config file is more likely a misspelt name than a wish for every default. */
async function refuseMisspelt(stack: string): Promise<void> {
  if (stack === DEFAULT_STACK || (await StackConfig.exists(stack))) return;
  throw new UserError(
    `there is no stack ${stack}, and no Pulumi.${stack}.yaml to make it from; to begin with the example: ` +
      `cp Pulumi.${DEFAULT_STACK}.yaml Pulumi.${stack}.yaml, give it other ports, then ${runCommand(stack, "up")}`,
  );
}

/** A container of our name that this state does not know belongs to another clone, or to a state that is lost. */
function refuseForeign(stack: string, container: EngineContainer | undefined): void {
  if (container === undefined) return;
  throw new UserError(
    `the container ${container.name} is on this engine, but not in this clone's state: another clone may run stack ${stack}; ` +
      `use another name with \`npm run up -- --stack NAME\`, or remove what is left with \`docker rm -f ${container.name}\``,
  );
}

/** Docker hands a volume that is there already to whoever makes one of its name, and `down` would delete it. */
async function refuseForeignVolumes(stack: string): Promise<void> {
  const { data, revisions } = engineNames(projectName, stack);
  const wanted = [data, revisions];
  const there = await Promise.all(wanted.map((name) => hasVolume(stack, name)));
  const [found] = wanted.filter((_, place) => there[place]);
  if (found === undefined) return;
  throw new UserError(
    `the volume ${found} is on this engine, but not in this clone's state: another clone may keep its messages there; ` +
      `use another name with \`npm run up -- --stack NAME\`, or delete it with \`docker volume rm ${found}\``,
  );
}

function summary(stack: string, changes: number, outputs: StackOutputs, storage: Storage | string): string {
  const user = Object.keys(outputs.users)[0] ?? "USER";
  const next = [
    [runCommand(stack, "client", user, "--for", "mosquitto"), `all that a client of ${user} needs`],
    [runCommand(stack, "access", "review"), "who may do what, for a person's review"],
    [runCommand(stack, "smoke"), "prove it again"],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  const lines = [
    changes === 0 ? "No change: everything was as it should be." : `${changes} resources changed.`,
    "",
    paintAnswer.bold("Listeners"),
    ...listenerLines(outputs),
    ...(outputs.console === undefined ? [] : ["", paintAnswer.bold("Console"), `  ${outputs.console}`]),
    "",
    paintAnswer.bold("Users"),
    ...userLines(stack, outputs),
    "",
    paintAnswer.bold("Storage"),
    storageLine(storage),
    "",
    paintAnswer.bold("Due"),
    ...dues(outputs, new Date()).slice(0, 5).map(dueLine),
    "",
    paintAnswer.bold("Next"),
    ...next.map(([command, purpose]) => `  ${command.padEnd(width)}   ${paintAnswer.dim(purpose)}`),
  ];
  return lines.join("\n");
}

/** What the proof fails for, as here in red, is for a person to act on. */
function storageLine(storage: Storage | string): string {
  if (typeof storage === "string") return `  not known: ${storage}`;
  const { used, free, damaged } = storage;
  const line = `  ${inMegabytes(used)} of messages and sessions, ${inMegabytes(free)} free`;
  if (damaged.length > 0) return paintAnswer.red(`${line}; a damaged database is in ${damaged[0]?.folder}`);
  return free < STORAGE_FLOOR
    ? paintAnswer.red(`${line}: messages that have to be stored are refused`)
    : line;
}

function inMegabytes(bytes: number): string {
  return bytes < 10 ** 9 ? `${Math.ceil(bytes / 10 ** 6)} MB` : `${(bytes / 10 ** 9).toFixed(1)} GB`;
}

function listenerLines({ listeners, origins }: StackOutputs): string[] {
  const on = listenersIn(listeners);
  const pages = origins.length === 0 ? "none" : origins.join(", ");
  return [
    ...on.map((name) => `  ${name.padEnd(6)} ${listenerIn(listeners, name).url}`),
    ...(on.includes("ws") || on.includes("wss")
      ? [paintAnswer.dim(`  pages in browsers that may connect: ${pages} (naboom-mqtt:listeners.origins)`)]
      : []),
  ];
}

/** More users than these would push everything else off the screen. */
const SHOWN_USERS = 10;

function userLines(stack: string, { users, listeners: open }: StackOutputs): string[] {
  const all = listenersIn(open).length;
  const entries = Object.entries(users);
  const shown = entries.slice(0, SHOWN_USERS);
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, { rules, listeners }]) => {
    const where = listeners.length === all ? "" : paintAnswer.dim(`  on ${listeners.join(", ")}`);
    return `  ${name.padEnd(width)}  ${describeRules(rules)}${where}`;
  });
  const more = entries.length - shown.length;
  if (more > 0) lines.push(`  and ${more} more: ${runCommand(stack, "access", "review")}`);
  return lines;
}

/** Filters by access, such as `read a, b; write c`. */
function describeRules(rules: StackOutputs["users"][string]["rules"]): string {
  const kinds = [...new Set(rules.map(({ access }) => access))];
  const filters = (kind: string) => rules.filter(({ access }) => access === kind).map(({ filter }) => filter);
  return kinds.map((kind) => `${kind} ${filters(kind).join(", ")}`).join("; ");
}

function dueLine({ what, by, overdue, command }: Due): string {
  const line = `  ${what.padEnd(20)} ${by.slice(0, 10)}  ${paintAnswer.dim(command)}`;
  return overdue ? paintAnswer.red(`${line}  overdue`) : line;
}
