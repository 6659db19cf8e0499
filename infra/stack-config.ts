import * as pulumi from "@pulumi/pulumi";
import { unreadKeys } from "./config-namespace.ts";
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
  const config = pulumi.runtime.allConfig();
  // Pulumi has a copy now. With thousands of users it is too long to be handed to a process such as `docker`.
  delete process.env.PULUMI_CONFIG;
  warnOfUnreadKeys(Object.keys(config), project);
  const settings = parseSettings(config, { project, stack });
  if (settings.success) return settings.data;
  const count = settings.faults.length === 1 ? "1 mistake" : `${settings.faults.length} mistakes`;
  const head = `the config of stack ${stack} has ${count}, so nothing was changed:`;
  throw new Refusal([head, ...settings.faults].join("\n  "));
}

/** No refusal: an ESC environment may have keys for several projects. `npm run up` refuses those of the stack's own file. */
function warnOfUnreadKeys(keys: readonly string[], project: string): void {
  for (const sentence of unreadKeys(keys, project)) pulumi.log.warn(sentence);
}
