import type { Figure } from "../figure.ts";

export const unchangedPulumiUp: Figure = {
  name: "plain pulumi up without a change",
  goals: [{ of: "ratio", atMost: 1.4 }],
  measure: async (bench) => {
    const stack = await bench.stack(1);
    return await bench.besideEmpty(() => stack.pulumi());
  },
};
