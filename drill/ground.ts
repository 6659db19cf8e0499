import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import type { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { fingerprint } from "./attempts.ts";
import { cast, type DrillState, drillSettings, initialState } from "./cast.ts";
import { type Claim, claim } from "./claim.ts";
import { Traffic, type TrafficRecord, trafficPlan } from "./traffic.ts";
import { type Turn, Watch } from "./watch.ts";

export type Attempt = () => Promise<string>;

/** A change of the stack, and what is tried while it takes place. */
export interface Change<Name extends string> {
  readonly to: Partial<DrillState>;
  /** Tried again and again from the start of the update until after its end. */
  readonly watches: Readonly<Record<Name, Attempt>>;
  /** Tried as soon as the outputs are known, which may hold what could not be known before. */
  readonly trial?: (outputs: StackOutputs) => Promise<string>;
}

/** What the broker was after a change. */
export interface BrokerRecord {
  /** The container's id, and when it was started, ISO 8601. */
  readonly id: string;
  readonly startedAt: string;
  /** Whether both are what they were before the change. */
  readonly same: boolean;
  /** Whether each TLS listener serves the certificate whose fingerprint is in the outputs. */
  readonly certificate: Readonly<Record<"mqtts" | "wss", boolean>>;
}

/** What came of a change. Times are in milliseconds from the start of the update. */
export interface Outcome<Name extends string> {
  readonly outputs: StackOutputs;
  readonly turns: Readonly<Record<Name, readonly Turn[]>>;
  /** The answer to what was tried as soon as the outputs were known, and when it came. */
  readonly first: { readonly answer: string; readonly at: number } | undefined;
  readonly update: number;
  readonly traffic: TrafficRecord;
  readonly broker: BrokerRecord;
  /** What has to hold for those who are not concerned. */
  readonly claims: readonly Claim[];
}

/** Where a drill takes place: a stack that is up, with traffic on its broker. */
export class Ground {
  readonly #throwaway: ThrowawayStack;
  readonly #traffic: Traffic;
  #state: DrillState = initialState;
  #outputs: StackOutputs;

  private constructor(throwaway: ThrowawayStack, outputs: StackOutputs, traffic: Traffic) {
    this.#throwaway = throwaway;
    this.#outputs = outputs;
    this.#traffic = traffic;
  }

  /** @throws UserError with Pulumi's words when the stack does not come up. */
  static async prepare(throwaway: ThrowawayStack): Promise<Ground> {
    await throwaway.configure(drillSettings(initialState));
    await update(throwaway);
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    return new Ground(throwaway, outputs, await Traffic.connect(outputs, cast));
  }

  /** The outputs of the last update. */
  get outputs(): StackOutputs {
    return this.#outputs;
  }

  /** How far the rotations have come. */
  get state(): DrillState {
    return this.#state;
  }

  async change<Name extends string>(change: Change<Name>): Promise<Outcome<Name>> {
    const before = await this.#container();
    this.#state = { ...this.#state, ...change.to };
    await this.#throwaway.configure(drillSettings(this.#state));
    const { result, traffic } = await this.#traffic.during(() => this.#update(change));
    const after = await this.#container();
    const [mqtts, wss] = await Promise.all([this.#claimServed("mqtts"), this.#claimServed("wss")]);
    const same = claim(
      "the broker is the same container, and was not restarted",
      after.id === before.id && after.startedAt === before.startedAt,
      `${after.id}, started ${after.startedAt}, after ${before.id}, started ${before.startedAt}`,
    );
    const certificate = { mqtts: mqtts.held, wss: wss.held };
    const broker = { ...after, same: same.held, certificate };
    const claims = [same, ...claimTraffic(traffic), mqtts, wss];
    return { ...result, outputs: this.#outputs, traffic, broker, claims };
  }

  async close(): Promise<void> {
    await this.#traffic.close();
  }

  async #update<Name extends string>({ watches, trial }: Change<Name>) {
    const started = performance.now();
    const entries = Object.entries<Attempt>(watches).map(
      ([name, attempt]) => [name, new Watch(attempt)] as const,
    );
    try {
      await update(this.#throwaway);
      const ended = performance.now();
      this.#outputs = stackOutputs.parse(await this.#throwaway.stack.outputs());
      const answer = await trial?.(this.#outputs);
      const first = answer === undefined ? undefined : { answer, at: performance.now() - started };
      return { update: ended - started, first, turns: await stopAll<Name>(entries) };
    } finally {
      await stopAll(entries);
    }
  }

  /** What tells a broker that was restarted from one that was not. */
  async #container(): Promise<Pick<BrokerRecord, "id" | "startedAt">> {
    const args = ["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", this.#outputs.broker.container];
    const { exitCode, stdout, stderr } = await dockerCommand(args);
    const [id, startedAt] = stdout.trim().split(" ");
    if (exitCode === 0 && id && startedAt) return { id, startedAt };
    throw new Error(`the broker's container cannot be inspected: ${stderr || stdout}`);
  }

  async #claimServed(listener: "mqtts" | "wss"): Promise<Claim> {
    const served = await fingerprint(this.#outputs, listener)();
    const sentence = `${listener} serves the certificate whose fingerprint is in the outputs`;
    return claim(sentence, served === this.#outputs.certificates.serverFingerprint, served);
  }
}

async function stopAll<Name extends string>(
  watches: readonly (readonly [string, Watch])[],
): Promise<Record<Name, readonly Turn[]>> {
  const stopped = await Promise.all(
    watches.map(async ([name, watch]) => [name, await watch.stop()] as const),
  );
  return Object.fromEntries(stopped) as Record<Name, readonly Turn[]>;
}

async function update(throwaway: ThrowawayStack): Promise<void> {
  const { exitCode, output } = await throwaway.up();
  if (exitCode !== 0) {
    throw new UserError(`an update failed, and the drill with it; Pulumi's own words:\n${output.trim()}`);
  }
}

function claimTraffic(traffic: TrafficRecord): readonly Claim[] {
  const { sent, lost, unacknowledged, duplicated, disconnected } = traffic;
  return [
    claim(
      `none of ${trafficPlan.clients} bystanders was disconnected`,
      disconnected === 0,
      `${disconnected} were`,
    ),
    claim("messages were sent all the while", sent > 0, "none were"),
    claim(
      "no message was lost",
      lost === 0 && unacknowledged === 0,
      `${lost} lost, ${unacknowledged} unacknowledged`,
    ),
    claim("no message came twice", duplicated === 0, `${duplicated} did`),
  ];
}
