import type { Figure } from "../figure.ts";

export const unchangedTenThousand: Figure = {
  name: "npm run up without a change, 10,000 users",
  goals: [{ of: "wall", atMost: 20 }],
  large: true,
  measure: async (bench) => {
    const stack = await bench.stack(10_000);
    return await bench.least(() => stack.npm("up"));
  },
};
