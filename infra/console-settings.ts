import { z } from "zod";
import { hostAddress } from "./listener-settings.ts";
import { rules, section, whole } from "./setting-rules.ts";

/** The host's port of the console, unless the config has another. */
export const CONSOLE_PORT = 8_443;

/** The console: a page for people, served over TLS by a container of its own. */
export const consoleSettings = section({
  /** @default false */
  enabled: z.boolean(rules.consoleEnabled.allowed).default(false),
  /** The host's port. @default 8443 */
  port: whole(rules.port, 1, 65_535).default(CONSOLE_PORT),
  /** The host's address. @default bindAddress */
  address: hostAddress.optional(),
  /** The image that serves it. @default one that `npm run up` builds from Debian packages */
  image: z
    .string(rules.image.allowed)
    .regex(/^[^\s]+$/, rules.image.allowed)
    .optional(),
}).prefault({});
