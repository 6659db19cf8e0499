import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

/** For tests: the settings that a config stands for, its keys without the project's name. */
export function sampleSettings(config: Readonly<Record<string, unknown>>): Settings {
  const raw = Object.entries(config).map(([key, value]) => [`naboom-mqtt:${key}`, JSON.stringify(value)]);
  const parsed = parseSettings(Object.fromEntries(raw), { project: "naboom-mqtt", stack: "dev" });
  if (parsed.success) return parsed.data;
  throw new Error(parsed.faults.join("\n"));
}
