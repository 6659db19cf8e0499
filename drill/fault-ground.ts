import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { mendInterruptedUpdate } from "../toolchain/interrupted-update.ts";
import type { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { logIn, REFUSED, TAKEN } from "./attempts.ts";
import { type BrokerState, inspectBroker } from "./broker-state.ts";
import { cast, type DrillState, drillSettings } from "./cast.ts";
import { type Claim, claim } from "./claim.ts";
import type { FaultFinding } from "./fault.ts";

/** A stack in order, as it was before a fault. */
export interface Before {
  readonly broker: BrokerState;
  readonly outputs: StackOutputs;
}

/** Where faults take place: a stack that is up. */
export class FaultGround {
  readonly throwaway: ThrowawayStack;
  /** The name of the broker's container. */
  readonly broker: string;
  #state: DrillState;

  constructor(throwaway: ThrowawayStack, state: DrillState) {
    this.throwaway = throwaway;
    this.broker = `${throwaway.prefix}-broker`;
    this.#state = state;
  }

  /** Asks for a new password and a new certificate, so that the next revision differs in both, and tells what was. */
  async rotate(): Promise<Before> {
    const [broker, outputs] = [await inspectBroker(this.broker), await this.#outputs()];
    const { passwordGeneration, serverGeneration } = this.#state;
    this.#state = {
      ...this.#state,
      passwordGeneration: passwordGeneration + 1,
      serverGeneration: serverGeneration + 1,
    };
    await this.throwaway.configure(drillSettings(this.#state));
    return { broker, outputs };
  }

  /** Puts the stack in order as `npm run up` does, and gives the sentences that it says. */
  mend(): Promise<readonly string[]> {
    return mendInterruptedUpdate(this.throwaway.stack);
  }

  /** Brings the stack up, as it is to be before a fault; whatever came before. */
  async putInOrder(): Promise<void> {
    await this.mend();
    const { exitCode, output } = await this.throwaway.up("--refresh");
    if (exitCode !== 0) throw new Error(output.trim());
  }

  /**
   * Claims that the broker is wholly on the old or on the new revision.
   *
   * @throws Error when a revision's files are not whole
   */
  async claimOldOrNew({ broker: before }: Before): Promise<FaultFinding> {
    const after = await inspectBroker(this.broker);
    const [running = "none"] = after.running;
    const leftOn = running === before.inForce ? "old" : "new";
    const whole = after.running.length === 1 && (leftOn === "old" || running === after.inForce);
    const seen = `${after.running.join(" and ") || "none"} runs, ${after.inForce} is in force`;
    const claims = [
      claim("the broker runs wholly on the old or the new revision", whole, seen),
      claim("it is healthy", after.healthy, "it is not"),
      claim("it is the same container", idOf(after) === idOf(before), "another one"),
    ];
    const same = after.container === before.container;
    return { leftOn, broker: same ? "same" : "restarted", claims };
  }

  /** Claims that the next update brings all that was asked for, to the broker as it is now. */
  async claimCompleted({ broker: before, outputs: old }: Before): Promise<FaultFinding> {
    const { container } = await inspectBroker(this.broker);
    const started = performance.now();
    const { exitCode, output } = await this.throwaway.up();
    const next = performance.now() - started;
    const clean = exitCode === 0 && !output.includes("pending operations");
    const completed = claim("the next update completes", clean, output.trim());
    if (!clean) return { next, claims: [completed] };
    const now = await this.#outputs();
    const state = await inspectBroker(this.broker);
    const { revision } = now.broker;
    const claims = [
      completed,
      claim("it brings another revision", revision !== before.inForce, revision),
      claim("that is in force", state.inForce === revision, state.inForce),
      claim("the broker runs on it alone", `${state.running}` === revision, `${state.running}`),
      claim("the broker is healthy", state.healthy, "it is not"),
      claim("the update did not restart the broker", state.container === container, state.container),
      ...(await this.#claimPasswords(old, now)),
      await this.#claimInOrder(),
    ];
    return { next, claims };
  }

  async #claimPasswords(old: StackOutputs, now: StackOutputs): Promise<readonly Claim[]> {
    const [previous, renewed] = [old, now].map(({ credentials }) => credentials[cast.replaced]);
    if (previous === undefined || renewed === undefined) throw new Error("the outputs lack a credential");
    const refused = await logIn(now, previous)();
    const taken = await logIn(now, renewed, { listener: "wss" })();
    return [
      claim("the old password is refused", refused === REFUSED, refused),
      claim("the new password is taken", taken === TAKEN, taken),
    ];
  }

  async #claimInOrder(): Promise<Claim> {
    const said = await this.mend();
    return claim("nothing is left to be put in order", said.length === 0, said.join(" "));
  }

  async #outputs(): Promise<StackOutputs> {
    return stackOutputs.parse(await this.throwaway.stack.outputs());
  }
}

/** The container's id, which a restart does not change. */
function idOf({ container }: BrokerState): string | undefined {
  return container.split(" ")[0];
}
