import { z } from "zod";
import { type SettingPath, setting } from "./mend-plan.ts";
import { rules } from "./setting-rules.ts";

/** The origin of pages that may connect by WebSockets, in the form that browsers send it (RFC 6454, 6.2). */
const origin = z.string(rules.origin.allowed).superRefine((given, context) => {
  const written = originOf(given);
  if (written === given) return;
  const params = written === undefined ? {} : { mend: (path: SettingPath) => setting(path, written) };
  context.addIssue({ code: "custom", message: rules.origin.allowed, input: given, params });
});

/** The origins whose pages may connect by WebSockets, besides the console's. @default none */
export const originSettings = z.array(origin, rules.list.allowed).default([]);

/** The origin of a web address, as browsers write it; undefined for what is none. */
function originOf(address: string): string | undefined {
  if (!/^https?:\/\/[^\s*]+$/i.test(address)) return undefined;
  try {
    // URL.canParse of Node.js 20 says no to every address with an umlaut once it was called often.
    return new URL(address).origin;
  } catch {
    return undefined;
  }
}

/** What of the settings decides whose pages may connect. */
interface Written {
  readonly listeners: { readonly origins: readonly string[] };
  readonly console: { readonly enabled: boolean; readonly port: number };
  readonly certificates: { readonly names: readonly string[] };
}

/** Every origin whose pages may connect by WebSockets: the config's, and the console's by each name of its certificate. */
export function resolveOrigins({ listeners, console, certificates }: Written): {
  origins: readonly string[];
} {
  const own = console.enabled ? certificates.names.map((name) => consoleOrigin(name, console.port)) : [];
  return { origins: [...new Set([...own, ...listeners.origins])] };
}

/** A wildcard is no host; clients are sent to `mqtt` in its place. */
function consoleOrigin(name: string, port: number): string {
  const host = name.replace(/^\*\./, "mqtt.");
  return new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`).origin;
}
