import type { Figure } from "../figure.ts";

export const changedUserOfThousand: Figure = {
  name: "one user changed among 1,000",
  goals: [{ of: "wall", atMost: 15 }],
  measure: async (bench) => {
    const stack = await bench.stack(1_000);
    return await bench.least(async () => {
      await stack.changeUser();
      return await stack.npm("up");
    });
  },
};
