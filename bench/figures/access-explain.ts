import type { Figure } from "../figure.ts";

export const accessExplain: Figure = {
  name: "npm run access -- explain",
  goals: [{ of: "processor", atMost: 0.5 }],
  measure: async (bench) => {
    const stack = await bench.stack(1);
    return await bench.least(() => stack.npm("access", "explain", "user-0"));
  },
};
