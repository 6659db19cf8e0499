import type { StackSettings } from "../toolchain/throwaway-stack.ts";
import { trafficPlan } from "./traffic.ts";

/** The users of a drill, by what happens to them. */
export const cast = Object.freeze({
  sender: "sender",
  receiver: "receiver",
  bystander: "bystander",
  /** Gets a new password in place of the old one. */
  replaced: "replaced",
  /** Gets other rights. */
  restricted: "restricted",
  /** Gets a new password beside the old one. */
  overlapping: "overlapping",
});

/** How far the rotations of a drill have come. */
export interface DrillState {
  readonly passwordGeneration: number;
  /** The branch of topics that the restricted user may use. */
  readonly branch: string;
  readonly serverGeneration: number;
  readonly authorityGeneration: number;
  readonly authorityInForce: number;
  readonly overlapGeneration: number;
  readonly retired: number;
}

export const initialState: DrillState = Object.freeze({
  passwordGeneration: 1,
  branch: "drill/old",
  serverGeneration: 1,
  authorityGeneration: 1,
  authorityInForce: 1,
  overlapGeneration: 1,
  retired: 0,
});

/** The settings of a stack whose rotations have come so far. */
export function drillSettings(state: DrillState): StackSettings {
  const { passwordGeneration, branch, overlapGeneration, retired } = state;
  const { serverGeneration, authorityGeneration, authorityInForce } = state;
  return {
    users: {
      [cast.sender]: { write: [trafficPlan.topic] },
      [cast.receiver]: { read: [trafficPlan.topic] },
      [cast.bystander]: { readwrite: ["drill/bystander/#"] },
      [cast.replaced]: { readwrite: ["drill/replaced/#"], generation: passwordGeneration },
      [cast.restricted]: { readwrite: [`${branch}/#`] },
      [cast.overlapping]: {
        readwrite: ["drill/overlapping/#"],
        rotation: "overlap",
        generation: overlapGeneration,
        retired,
      },
    },
    certificates: { serverGeneration, authorityGeneration, authorityInForce },
  };
}
