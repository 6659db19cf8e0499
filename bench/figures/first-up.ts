import type { Figure } from "../figure.ts";

export const firstUpOfThousand: Figure = {
  name: "first up with 1,000 users",
  goals: [{ of: "wall", atMost: 60 }],
  measure: async (bench) => (await bench.stack(1_000)).first,
};

export const firstUpOfTenThousand: Figure = {
  name: "first up with 10,000 users",
  goals: [{ of: "wall", atMost: 300 }],
  large: true,
  measure: async (bench) => (await bench.stack(10_000)).first,
};
