import { prepareWorkplace } from "./workplace.ts";

export interface PulumiOptions {
  readonly stack: string;
  readonly install: boolean;
}

/** Runs the Pulumi CLI with the project's backend and toolchain, for the stack unless the arguments name another. */
export async function pulumi(args: readonly string[], options: PulumiOptions): Promise<number> {
  const { stack } = await prepareWorkplace({ ...options, tolerant: true });
  return await stack.pulumi(args);
}
