import { setTimeout as sleep } from "node:timers/promises";
import { Bystander, type BystanderReport } from "./bystander.ts";
import { type FailingCase, readCases } from "./failing-case.ts";
import { connectionFloods } from "./floods/connections.ts";
import type { Flood } from "./floods/flood.ts";
import { messageFloods } from "./floods/messages.ts";
import { sessionFloods } from "./floods/sessions.ts";
import { subscriptionFloods } from "./floods/subscriptions.ts";
import { type FuzzResult, fuzz } from "./fuzz.ts";
import type { Latency } from "./latency.ts";
import { ends } from "./narrow-down.ts";
import type { TrialBroker } from "./trial-broker.ts";

/** Every flood, in its order. */
export const floods: readonly Flood[] = Object.freeze([
  ...connectionFloods,
  ...sessionFloods,
  ...messageFloods,
  ...subscriptionFloods,
]);

export interface AbuseOptions {
  readonly seed: number;
  /** Malformed inputs. @default 200,000 */
  readonly inputs?: number;
  /** The floods' size; 1 is the whole. @default 1 */
  readonly scale?: number;
  /** Milliseconds of each flood that goes on for a time. @default 10,000 */
  readonly milliseconds?: number;
  /** @default every flood */
  readonly floods?: readonly Flood[];
  /** Told before each phase, with its name, and runs it. @default runs it */
  readonly step?: <Result>(
    name: string,
    work: (note: (text: string) => void) => Promise<Result>,
  ) => Promise<Result>;
  /** Ends the abuse before the next phase. */
  readonly signal?: AbortSignal;
}

/** What one phase did, to the bystander and to memory. */
export interface AbusePhase {
  readonly name: string;
  readonly outcome: string;
  readonly seconds: number;
  /** The bystander's, during the phase and in the seconds after it. */
  readonly latency: Latency | undefined;
  readonly latencyAfter: Latency | undefined;
  /** The bystander's connections that were lost. */
  readonly cutOff: number;
  /** Bytes: before, the most that was seen, and after; of the process and of the container. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number };
  readonly charged: number | undefined;
  /** Whether the broker has ended, and how. */
  readonly ended?: string;
}

/** What abuse has shown. */
export interface Abuse {
  readonly image: string;
  readonly seed: number;
  readonly phases: readonly AbusePhase[];
  readonly failures: readonly FailingCase[];
  readonly sanitizerReports: readonly string[];
  /** The bystander's messages. */
  readonly sent: number;
  readonly lost: number;
  readonly seconds: number;
}

/** Milliseconds between two looks at the memory, and after each phase until what came back is noted. */
const PACE = Object.freeze({ memory: 500, after: 3_000 });

/** Malformed input first, then every flood, while a bystander exchanges messages through the same broker. */
export async function runAbuse(broker: TrialBroker, options: AbuseOptions): Promise<Abuse> {
  const { seed, inputs = 200_000, scale = 1, milliseconds = 10_000, signal } = options;
  const { step = (_, work) => work(() => {}) } = options;
  const started = performance.now();
  const failures: FailingCase[] = [];
  const phases: AbusePhase[] = [];
  const ground = new Ground(broker, await Bystander.start(broker));
  const run = async (name: string, work: PhaseWork) => {
    signal?.throwIfAborted();
    phases.push(await step(name, (note) => ground.phase(name, () => work(note))));
  };
  await run("nothing", async () => ({ outcome: "", release: () => sleep(milliseconds / 2) }));
  await run("cases of earlier runs", async () => replay(broker, failures));
  await run(`${inputs.toLocaleString("en")} malformed inputs`, async (note) => {
    const result = await fuzz(broker, { seed, inputs, note });
    failures.push(...result.failures);
    return { outcome: describe(result), release: () => {} };
  });
  for (const flood of options.floods ?? floods)
    await run(flood.name, () => flood.run(broker, { scale, milliseconds }));
  const { sent, received } = await ground.finish();
  const seconds = (performance.now() - started) / 1_000;
  const sanitizerReports = await broker.sanitizerReports();
  return {
    image: broker.image,
    seed,
    phases,
    failures,
    sanitizerReports,
    sent,
    lost: sent - received,
    seconds,
  };
}

type PhaseWork = (note: (text: string) => void) => ReturnType<Flood["run"]>;

/**
 * Whether nothing happened that may not: the broker has not ended, no message of the bystander was lost and none of
 * its connections, and no sanitizer spoke.
 */
export function isWithstood({ phases, failures, sanitizerReports, lost }: Abuse): boolean {
  const ended = phases.some((phase) => phase.ended !== undefined || phase.cutOff > 0);
  return !ended && failures.length === 0 && sanitizerReports.length === 0 && lost === 0;
}

async function replay(broker: TrialBroker, failures: FailingCase[]): Promise<Awaited<ReturnType<PhaseWork>>> {
  const cases = await readCases();
  for (const found of cases) {
    if (await ends(broker, found.inputs, 1)) failures.push(found);
  }
  return { outcome: `${cases.length} cases`, release: () => {} };
}

function describe({ inputs, outcomes, failures }: FuzzResult): string {
  const held = outcomes.held === 0 ? "" : `, ${outcomes.held} not ended within 5 s`;
  return `${inputs} sent${held}, broker ended ${failures.length} times`;
}

/** The broker and the bystander, as each phase finds them. */
class Ground {
  readonly #broker: TrialBroker;
  readonly #bystander: Bystander;

  constructor(broker: TrialBroker, bystander: Bystander) {
    this.#broker = broker;
    this.#bystander = bystander;
  }

  async phase(name: string, work: () => ReturnType<Flood["run"]>): Promise<AbusePhase> {
    const before = await this.#broker.memory();
    await this.#bystander.report();
    const watch = new MemoryWatch(this.#broker);
    const started = performance.now();
    const { outcome, release } = await work();
    const during = await this.#bystander.report();
    await release();
    const seconds = (performance.now() - started) / 1_000;
    const most = await watch.stop();
    const ended = (await this.#broker.isRunning()) ? {} : { ended: await this.#broker.end() };
    if ("ended" in ended) await this.#broker.restart();
    const releasing = await this.#bystander.report();
    await sleep(PACE.after);
    const after = await this.#bystander.report();
    return {
      name,
      outcome,
      seconds,
      latency: during.latency ?? releasing.latency,
      latencyAfter: after.latency,
      cutOff: during.cutOff + releasing.cutOff + after.cutOff,
      memory: { before: before.resident, most: most.resident, after: (await this.#broker.memory()).resident },
      charged: most.charged,
      ...ended,
    };
  }

  finish(): Promise<BystanderReport> {
    return this.#bystander.finish();
  }
}

/** Looks at a broker's memory again and again. */
class MemoryWatch {
  readonly #most = { resident: 0, charged: 0 };
  readonly #finished: Promise<void>;
  #stopped = false;

  constructor(broker: TrialBroker) {
    this.#finished = this.#run(broker);
  }

  async stop(): Promise<{ readonly resident: number; readonly charged: number }> {
    this.#stopped = true;
    await this.#finished;
    return this.#most;
  }

  async #run(broker: TrialBroker): Promise<void> {
    while (!this.#stopped) {
      const memory = await broker.memory().catch(() => undefined); // A broker that has ended has none.
      this.#most.resident = Math.max(this.#most.resident, memory?.resident ?? 0);
      this.#most.charged = Math.max(this.#most.charged, memory?.charged ?? 0);
      await sleep(PACE.memory);
    }
  }
}
