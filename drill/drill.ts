import type { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { logIn, TAKEN } from "./attempts.ts";
import { cast } from "./cast.ts";
import { authorityFinishExercise, authorityIssueExercise, serverExercise } from "./certificates.ts";
import { type Claim, claim, claimConstant } from "./claim.ts";
import { showEnclosedFaults } from "./enclosed-faults.ts";
import { engineFaultNames } from "./engine-faults.ts";
import { conclude, type Exercise, type Result } from "./exercise.ts";
import { type FaultNotShown, type FaultStep, showFault } from "./fault.ts";
import { FaultGround } from "./fault-ground.ts";
import { updateFaults } from "./faults.ts";
import { Ground } from "./ground.ts";
import { overlapExercises } from "./overlap.ts";
import { passwordExercise } from "./password.ts";
import { rightsExercise } from "./rights.ts";

/** One rotation, by name, and what came of it. */
export interface DrillStep extends Result {
  readonly name: string;
}

/** What a drill has shown. No secret is in it. */
export interface Drill {
  /** The name of the broker's container. */
  readonly broker: string;
  readonly steps: readonly DrillStep[];
  /** The faults after the rotations; those that could not be shown are named all the same. */
  readonly faults: readonly (FaultStep | FaultNotShown)[];
  /** Claims that held. */
  readonly passed: number;
  /** Claims that did not hold; whoever calls exits with 0 only if there is none. */
  readonly failed: number;
  readonly seconds: number;
}

export interface DrillOptions {
  /** Told before each rotation and fault, with its name, and runs it. @default runs it */
  readonly step?: <Outcome>(name: string, work: () => Promise<Outcome>) => Promise<Outcome>;
  /** Ends the drill before the next rotation or fault; it has then failed. */
  readonly signal?: AbortSignal;
  /** Leaves the other part out. @default both */
  readonly only?: "rotations" | "faults";
}

/** An update that changes nothing: what the others' figures are compared with. */
const unchanged: Exercise = {
  name: "no change",
  async run(ground) {
    const credential = ground.outputs.credentials[cast.replaced];
    if (credential === undefined) throw new Error(`the outputs have no credential of ${cast.replaced}`);
    const outcome = await ground.change({ to: {}, watches: { password: logIn(ground.outputs, credential) } });
    return conclude(outcome, [
      claimConstant("the password was taken all the while", outcome.turns.password, TAKEN),
    ]);
  },
};

/** The rotations of a drill, in their order. */
function exercises(): readonly Exercise[] {
  return [
    unchanged,
    passwordExercise,
    rightsExercise,
    serverExercise,
    authorityIssueExercise,
    authorityFinishExercise,
    ...overlapExercises(),
  ];
}

/** The names of a drill's rotations, in their order. */
export const exerciseNames: readonly string[] = Object.freeze(exercises().map(({ name }) => name));

/** The names of a drill's faults, in their order. */
export const faultNames: readonly string[] = Object.freeze([
  ...updateFaults().map(({ name }) => name),
  ...engineFaultNames,
]);

/**
 * Rotates everything that a stack can rotate, one after the other by `pulumi up`, while clients that are not
 * concerned are connected and exchange messages, and tells what they and those concerned went through. Then
 * has updates fail in every way that {@link faultNames} lists.
 *
 * Brings the stack up first and leaves it up. Takes about five minutes. Prints nothing.
 *
 * @throws UserError with Pulumi's words when an update fails; what comes after it would prove nothing.
 */
export async function runDrill(throwaway: ThrowawayStack, options: DrillOptions = {}): Promise<Drill> {
  const { step = (_, work) => work(), signal, only } = options;
  const started = performance.now();
  const ground = await step("a stack with traffic", () => Ground.prepare(throwaway));
  const steps: DrillStep[] = [];
  try {
    for (const { name, run } of only === "faults" ? [] : exercises()) {
      signal?.throwIfAborted();
      steps.push({ name, ...(await step(name, () => run(ground))) });
    }
  } finally {
    await ground.close();
  }
  const faults: (FaultStep | FaultNotShown)[] = [];
  if (only !== "rotations") {
    const faultGround = new FaultGround(throwaway, ground.state);
    for (const fault of updateFaults()) {
      signal?.throwIfAborted();
      faults.push(await step(fault.name, () => showFault(fault, faultGround)));
    }
    signal?.throwIfAborted();
    faults.push(...(await showEnclosedFaults(throwaway.workbench, { step, signal })));
  }
  const seconds = Math.round(performance.now() - started) / 1000;
  return summarize(ground.outputs.broker.container, { steps, faults }, seconds);
}

/** Counts the claims; a rotation or a fault without one has failed, as has a drill without either. */
export function summarize(broker: string, given: Pick<Drill, "steps" | "faults">, seconds: number): Drill {
  const steps = given.steps.map(demandClaims);
  const faults = given.faults.map((fault) => ("notShown" in fault ? fault : demandClaims(fault)));
  const claims = [...steps, ...faults].flatMap((each) => ("claims" in each ? each.claims : []));
  const passed = claims.filter(({ held }) => held).length;
  const failed = claims.length === 0 ? 1 : claims.length - passed;
  return { broker, steps, faults, passed, failed, seconds };
}

function demandClaims<Step extends { readonly claims: readonly Claim[] }>(step: Step): Step {
  return step.claims.length > 0 ? step : { ...step, claims: [nothingProved] };
}

const nothingProved = claim("something is proved", false, "nothing");
