import type { Workbench } from "../toolchain/throwaway-stack.ts";
import { BenchStack } from "./bench-stack.ts";
import { EmptyProject } from "./empty-project.ts";
import type { Seen } from "./figure.ts";
import { leastOf, type Measurement } from "./measurement.ts";

/** How often what takes some seconds is measured; the least counts. */
const TIMES = 3;

/** What figures are measured on: each made when it is first asked for, and removed at the end. */
export class Bench {
  readonly #workbench: Workbench;
  readonly #stacks = new Map<number, Promise<BenchStack>>();
  #empty: Promise<EmptyProject> | undefined;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  /** The reference of the broker's image. */
  get image(): string {
    return this.#workbench.environment.NABOOM_MQTT_IMAGE ?? "";
  }

  /** A stack with so many users, which is up. */
  stack(users: number): Promise<BenchStack> {
    const known = this.#stacks.get(users) ?? BenchStack.create(this.#workbench, users);
    this.#stacks.set(users, known);
    return known;
  }

  emptyProject(): Promise<EmptyProject> {
    this.#empty ??= EmptyProject.create(this.#workbench);
    return this.#empty;
  }

  async least(run: () => Promise<Measurement>): Promise<Measurement> {
    const seen: [Measurement, ...Measurement[]] = [await run()];
    while (seen.length < TIMES) seen.push(await run());
    return leastOf(seen);
  }

  /** Measures a command beside an update of the empty project, in turns, so that both meet the same machine. */
  async besideEmpty(run: () => Promise<Measurement>): Promise<Seen> {
    const empty = await this.emptyProject();
    const own: Measurement[] = [];
    const others: Measurement[] = [];
    for (let turn = 0; turn < TIMES; turn += 1) {
      others.push(await empty.up());
      own.push(await run());
    }
    const [beside, seen] = [others, own].map((all) => leastOf(all as [Measurement, ...Measurement[]]));
    return { ...(seen as Measurement), beside: beside as Measurement };
  }

  /** Removes whatever was made, each whether or not another one can be. */
  async remove(): Promise<void> {
    const made: Promise<BenchStack | EmptyProject>[] = [
      ...this.#stacks.values(),
      ...(this.#empty === undefined ? [] : [this.#empty]),
    ];
    const removed = await Promise.allSettled(made.map(async (each) => await (await settled(each))?.remove()));
    const failed = removed.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join("\n"));
  }
}

/** What never came to be was told of when it was asked for. */
async function settled<Made>(made: Promise<Made>): Promise<Made | undefined> {
  return await made.catch(() => undefined);
}
