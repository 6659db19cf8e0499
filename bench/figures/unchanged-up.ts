import type { Figure } from "../figure.ts";

export const unchangedUp: Figure = {
  name: "npm run up without a change",
  goals: [
    { of: "ratio", atMost: 2 },
    { of: "wall", atMost: 4 },
  ],
  measure: async (bench) => {
    const stack = await bench.stack(1);
    return await bench.besideEmpty(() => stack.npm("up"));
  },
};
