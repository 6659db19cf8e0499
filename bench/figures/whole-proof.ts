import type { Figure } from "../figure.ts";

export const wholeProof: Figure = {
  name: "npm run smoke -- --all, with 200 users",
  goals: [{ of: "wall", atMost: 10 }],
  measure: async (bench) => {
    const stack = await bench.stack(200);
    return await bench.least(() => stack.npm("smoke", "--all"));
  },
};
