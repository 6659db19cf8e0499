import { z } from "zod";
import { clientIdChoices } from "../mosquitto/client-id.ts";
import { persistenceSyncs } from "../mosquitto/configuration.ts";
import { defaultLimits } from "../mosquitto/limits.ts";
import { checkAccess } from "./access-faults.ts";
import { resolveAccess } from "./access-settings.ts";
import { certificateSettings } from "./certificate-settings.ts";
import { clientCertificateSettings } from "./client-certificate-settings.ts";
import { consoleSettings } from "./console-settings.ts";
import {
  checkAddresses,
  hostAddress,
  listenerSettings,
  namesOn,
  resolveListeners,
  trustSetting,
} from "./listener-settings.ts";
import { resolveOrigins } from "./origins.ts";
import { roleSettings, sharedPatterns } from "./rights-settings.ts";
import { ALWAYS, rules, section, whole } from "./setting-rules.ts";
import { userSettings } from "./user-settings.ts";

function checkConsole(
  given: { console?: { enabled?: boolean; port?: number }; listeners?: Readonly<Record<string, unknown>> },
  context: z.RefinementCtx,
): void {
  const { enabled = false, port } = given.console ?? {};
  if (!enabled) return;
  const fault = (key: string, message: string, input: unknown) =>
    context.addIssue({ code: "custom", message, path: ["console", key], input });
  const taken = Object.values(given.listeners ?? {}).some((listener) => Object(listener).port === port);
  if (port !== undefined && taken) fault("port", rules.consolePort.allowed, port);
  if (!namesOn(given.listeners).includes("wss")) fault("enabled", rules.consoleOff.allowed, enabled);
}

/** Everything that a stack's config may hold, with the defaults that are used for what it does not. */
export const settingsSchema = section({
  /** The broker's image. @default the official one, or the one that `npm run up` built */
  image: z
    .string(rules.image.allowed)
    .regex(/^[^\s]+$/, rules.image.allowed)
    .optional(),
  /** The host's address of every listener that has none of its own. @default 127.0.0.1 */
  bindAddress: hostAddress.default("127.0.0.1"),
  listeners: listenerSettings,
  /** The words that let unencrypted listeners be reached from beyond this host. @default none */
  plainListeners: trustSetting,
  /** Whether the messages and the CA's key are kept from being deleted. @default false */
  protect: z.boolean(rules.protect.allowed).default(false),
  /** A page to log in to the broker with, for people. @default none */
  console: consoleSettings,
  users: userSettings,
  /** Rights by the name that several users share them under. @default none */
  roles: roleSettings,
  /** Rights of every user, in whose filters `%u` is the user's name and `%c` the client id. @default none */
  patterns: sharedPatterns,
  passwords: section({
    /** Characters of each password. @default 40 */
    length: whole(rules.passwordLength, 32, 128).default(40),
    /** PBKDF2 iterations; each reload hashes every connected client's password once more. @default 101 */
    iterations: whole(rules.iterations, 1, 1_000_000).default(101),
  }).prefault({}),
  certificates: certificateSettings,
  clientCertificates: clientCertificateSettings,
  /** Whether clients choose their ids, or have their account's name for one. @default free */
  clientIds: z.enum(clientIdChoices, rules.clientIds.allowed).default("free"),
  /** Ages in days beyond which the smoke tests fail. @default none */
  policy: section({
    maxPasswordAge: z.number(rules.age.allowed).positive(rules.age.allowed).optional(),
    maxCertificateAge: z.number(rules.age.allowed).positive(rules.age.allowed).optional(),
  }).prefault({}),
  /** What clients may take; see mosquitto/limits.ts for each one's meaning and default. */
  limits: section({
    packetBytes: whole(rules.packet, 1_024, 268_435_455).default(defaultLimits.packetBytes),
    connectionsPerListener: whole(rules.connections, 1, 1_000_000).default(
      defaultLimits.connectionsPerListener,
    ),
    inflightMessages: whole(rules.inflight, 1, 65_535).default(defaultLimits.inflightMessages),
    queuedMessages: whole(rules.queued, 1, 10_000_000).default(defaultLimits.queuedMessages),
    queuedBytes: whole(rules.queuedBytes, 1, 2 ** 40).default(defaultLimits.queuedBytes),
    keepaliveSeconds: whole(rules.keepalive, 10, 65_535).default(defaultLimits.keepaliveSeconds),
    sessionDays: whole(rules.days, 1, 36_500).default(defaultLimits.sessionDays),
  }).prefault({}),
  /** How messages and sessions are stored. */
  persistence: section({
    /** What stored messages outlive: `normal` the end of every process, `full` a power cut too. @default normal */
    sync: z.enum(persistenceSyncs, rules.sync.allowed).default("normal"),
  }).prefault({}),
  container: section({
    /** Memory of the broker's container; the broker's heap may take four fifths of it. @default 512 */
    memoryMegabytes: whole(rules.memory, 32, 1_048_576).default(512),
    /** Size of one log file. @default 10 */
    logMegabytes: whole(rules.logSize, 1, 10_240).default(10),
    /** Log files that are kept. @default 5 */
    logFiles: whole(rules.logFiles, 1, 1_000).default(5),
  }).prefault({}),
})
  .superRefine(checkAccess, ALWAYS)
  .superRefine(checkAddresses, ALWAYS)
  .superRefine(checkConsole, ALWAYS)
  .transform((settings) => ({
    ...settings,
    ...resolveAccess(settings),
    ...resolveOrigins(settings),
    ...resolveListeners(settings),
  }));

/** A stack's settings, complete and checked. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;
