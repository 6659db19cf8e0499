import type { Figure } from "../figure.ts";
import { measureReload } from "../reload.ts";

export const reloadOfTenThousand: Figure = {
  name: "a reload with 10,000 users, of the broker alone",
  goals: [{ of: "processor", atMost: 0.11 }],
  measure: async (bench) => {
    const started = performance.now();
    const { median } = await measureReload({ users: 10_000, image: bench.image });
    return { wall: (performance.now() - started) / 1_000, processor: median / 1_000, peak: undefined };
  },
};
