import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "./refusal.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

/**
 * Reads the stack's config and checks it as a whole.
 *
 * @throws Refusal that names every mistake: key, value, what is allowed, and the command that mends it.
 */
export function readSettings(): Settings {
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const settings = parseSettings(pulumi.runtime.allConfig(), { project, stack });
  if (settings.success) return settings.data;
  const count = settings.faults.length === 1 ? "1 mistake" : `${settings.faults.length} mistakes`;
  const head = `the config of stack ${stack} has ${count}, so nothing was changed:`;
  throw new Refusal([head, ...settings.faults].join("\n  "));
}
