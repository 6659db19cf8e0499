import { parseSettings } from "./settings.ts";

/** The stack whose config the tests make. */
export const owner = Object.freeze({ project: "naboom-mqtt", stack: "dev" });

/** The sentences about settings that have mistakes; none where they have none. */
export function faultsOf(settings: Readonly<Record<string, unknown>>): string[] {
  const parsed = parseSettings(raw(settings), owner);
  return parsed.success ? [] : parsed.faults;
}

/** Settings as Pulumi hands them over: by project and key, each a text or JSON. */
export function raw(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(settings).map(([key, value]) => [
    `${owner.project}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(entries);
}
