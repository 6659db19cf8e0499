import { DEFAULT_STACK } from "../infra/mend.ts";
import type { Stack } from "../toolchain/stack.ts";
import { StackConfig } from "./stack-config.ts";
import { prepareWorkplace } from "./workplace.ts";

export interface PulumiOptions {
  readonly stack: string;
  readonly install: boolean;
}

/** Runs the Pulumi CLI with the project's backend and toolchain, for the stack unless the arguments name another. */
export async function pulumi(args: readonly string[], options: PulumiOptions): Promise<number> {
  const { stack } = await prepareWorkplace({ ...options, tolerant: true });
  if (changesConfig(args)) await createForConfig(stack, await hasConfig(stack.name));
  return await stack.pulumi(args);
}

/** Whether the arguments change the config of the stack that the command is about. Pure. */
export function changesConfig(args: readonly string[]): boolean {
  const other = args.some((word) => /^(-s|--stack)(=|$)/.test(word));
  return args[0] === "config" && ["set", "set-all", "rm"].includes(args[1] ?? "") && !other;
}

/**
 * Creates the stack where only its config is there yet: what an `up` refuses before it has created the stack is mended by a
 * command that Pulumi would refuse without one.
 */
export async function createForConfig(
  stack: Pick<Stack, "resources" | "create">,
  configured: boolean,
): Promise<void> {
  if (configured && (await stack.resources()) === undefined) await stack.create();
}

/** Without a file, it is more likely a misspelt name than a stack to be; the default one is anyway. */
async function hasConfig(stack: string): Promise<boolean> {
  return stack === DEFAULT_STACK || (await StackConfig.exists(stack));
}
