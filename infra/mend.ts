/** The command that sets a value in a stack's config. */
export function setCommand(stack: string, path: string, value: string | number): string {
  return `${pulumiCommand(stack)} config set --path '${path}' ${value}`;
}

/** The command that takes a value out of a stack's config. */
export function removeCommand(stack: string, path: string): string {
  return `${pulumiCommand(stack)} config rm --path '${path}'`;
}

/** How a user calls Pulumi for a stack; arguments of Pulumi follow. */
export function pulumiCommand(stack: string): string {
  return stack === DEFAULT_STACK ? "npm run pulumi --" : runCommand(stack, "pulumi");
}

/** How a user runs an npm command for a stack, for instance `npm run rotate -- --stack prod users web`. */
export function runCommand(stack: string, command: string, ...args: readonly string[]): string {
  const words = [...(stack === DEFAULT_STACK ? [] : ["--stack", stack]), ...args];
  return [`npm run ${command}`, ...(words.length > 0 ? ["--", ...words] : [])].join(" ");
}

/** The stack that a command is about where none is named. */
export const DEFAULT_STACK = "dev";
