import { z } from "zod";

const exported = z.object({
  deployment: z.object({ resources: z.array(z.object({ urn: z.string() })).default([]) }),
});

/** The name of the resource that holds the seed with this number. */
export function seedName(number: number): string {
  return `passwords-${number}`;
}

/** The numbers of the seeds that a stack's state holds; the state as `pulumi stack export` gives it. */
export function seedNumbers(state: unknown): readonly number[] {
  return exported.parse(state).deployment.resources.flatMap(({ urn }) => {
    const name = /:RandomPassword::passwords-(\d+)$/.exec(urn);
    return name === null ? [] : [Number(name[1])];
  });
}
