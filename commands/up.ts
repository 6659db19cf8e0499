import { stderr, stdout } from "node:process";
import { type EngineContainer, hasVolume, inspectContainers } from "../infra/engine.ts";
import { DEFAULT_STACK, runCommand } from "../infra/mend.ts";
import { containerNames, engineNames } from "../infra/names.ts";
import { provedOnTwin } from "../infra/proof-label.ts";
import { inspectStorage } from "../infra/storage.ts";
import { mayColour, paintNotice } from "../toolchain/colour.ts";
import { projectName } from "../toolchain/project.ts";
import type { Stack } from "../toolchain/stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { removeSupersededImages, withImageNotices } from "./image-notices.ts";
import { checkImageUpdate } from "./images.ts";
import { prove, readOutputs } from "./smoke.ts";
import { type Containers, type StackChange, stackChange } from "./stack-change.ts";
import { StackConfig } from "./stack-config.ts";
import { renderUpReport } from "./up-report.ts";
import { mendStack, prepareWorkplace, type Workplace } from "./workplace.ts";

export interface UpOptions {
  readonly stack: string;
  readonly install: boolean;
  /** Whether the images are built of the newest packages, and the broker is replaced where they are newer. */
  readonly updateImage: boolean;
  /** Whether everything is printed, also what is as it was. */
  readonly verbose: boolean;
}

/** Brings the stack up with `pulumi up`, proves it with the smoke tests, and says how to go on. */
export async function up(options: UpOptions): Promise<number> {
  // Pulumi names no file and no line where it cannot read one, and takes a while to come to the mistakes in it.
  const config = await StackConfig.read(options.stack);
  config.check();
  if (options.updateImage) checkImageUpdate(options, config.image());
  stderr.write(`${paintNotice.dim(`Bringing stack ${options.stack} up.`)}\n`);
  const workplace = await prepareWorkplace({ ...options, config });
  return await withImageNotices(options, workplace.progress, () => bringUp(workplace, options));
}

async function bringUp(workplace: Workplace, { updateImage, verbose }: UpOptions): Promise<number> {
  const { stack, progress } = workplace;
  await mendStack(workplace);
  const found = await findContainers(stack);
  const refresh = found.expected && !found.running;
  if (refresh)
    progress.say(
      paintNotice.yellow("The broker is not running: asking the engine for what is left (--refresh)."),
    );
  const command = ["up", "--yes", "--skip-preview", "--suppress-outputs", ...(refresh ? ["--refresh"] : [])];
  const { exitCode } = await stack.run(command);
  if (exitCode !== 0) return exitCode;

  const names = engineNames(projectName, stack.name);
  const [after, outputs] = await Promise.all([
    inspectContainers(stack.name, containerNames(names)),
    readOutputs(stack),
  ]);
  const change = found.expected ? stackChange(names, found.containers, after) : CREATED;
  if (updateImage) await removeSupersededImages();
  const proof = await progress.step("proving the running broker", () => prove(stack, outputs));
  const storage = await inspectStorage(outputs.broker.container);
  const twin = provedOnTwin(after.get(names.publish));
  const update = { change, outputs, proof, twin, storage, now: new Date() };
  stdout.write(`${renderUpReport(update, { verbose, colour: mayColour(stdout) })}\n`);
  return proof.failed === 0 ? 0 : 1;
}

const CREATED: StackChange = Object.freeze({ kind: "created" });

/** What an update comes upon. */
interface Found {
  /** Whether there is anything to be in the stack's state. */
  readonly expected: boolean;
  /** Whether the broker runs. */
  readonly running: boolean;
  readonly containers: Containers;
}

/** Creates the stack where it is not there, and finds out how its containers are. */
async function findContainers(stack: Stack): Promise<Found> {
  const names = engineNames(projectName, stack.name);
  const { broker } = names;
  const [resources, containers] = await Promise.all([
    stack.resources(),
    inspectContainers(stack.name, containerNames(names)),
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
  return { expected: (resources ?? 0) > 0, running: container?.running ?? false, containers };
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
