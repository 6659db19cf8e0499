import { isIP } from "node:net";
import { z } from "zod";
import { type AccessRule, accesses } from "../mosquitto/acl.ts";
import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { defaultLimits } from "../mosquitto/limits.ts";
import { type ListenerName, listenerNames, listeners } from "../mosquitto/listener.ts";
import { topicFilterFault } from "../mosquitto/topic-filter.ts";

/** What each kind of value may be, in words, and a value that is allowed. */
export const rules = Object.freeze({
  object: { allowed: "it is a set of keys and values", example: "" },
  list: { allowed: "it is a list", example: "" },
  port: { allowed: "a port is a whole number from 1 to 65535", example: "1883" },
  address: { allowed: "it is an IPv4 or IPv6 address", example: "127.0.0.1" },
  image: {
    allowed: "an image is a Docker reference without white space",
    example: "eclipse-mosquitto:2.1.2-alpine",
  },
  userName: {
    allowed: "a user name has 1 to 64 letters, digits and . _ @ -, and begins with a letter or digit",
    example: "",
  },
  reservedName: { allowed: "the name is taken by the broker's own healthcheck", example: "" },
  users: { allowed: "there is at least one user", example: "" },
  rights: { allowed: "a user has at least one right: read, write, readwrite or deny", example: "" },
  name: { allowed: "a name is a DNS name or an IP address", example: "localhost" },
  names: { allowed: "there is at least one name", example: "localhost" },
  days: { allowed: "it is a whole number of days from 1 to 36500", example: "365" },
  passwordLength: { allowed: "a length is a whole number from 32 to 128", example: "40" },
  iterations: { allowed: "it is a whole number from 1 to 1000000", example: "1000" },
  packet: { allowed: "it is a whole number of bytes from 20 to 268435455", example: "262144" },
  keepalive: { allowed: "it is a whole number of seconds from 10 to 65535", example: "1200" },
  count: { allowed: "it is a whole number from 1 to 10000000", example: "1000" },
  queuedBytes: { allowed: "it is a whole number of bytes from 1 to 1099511627776", example: "67108864" },
  seconds: { allowed: "it is a whole number of seconds from 1 to 86400", example: "60" },
  memory: { allowed: "it is a whole number of megabytes from 32 to 1048576", example: "512" },
  logSize: { allowed: "it is a whole number of megabytes from 1 to 10240", example: "10" },
});

const whole = (rule: { allowed: string }, least: number, most: number) =>
  z.int(rule.allowed).min(least, rule.allowed).max(most, rule.allowed);

const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, rules.object.allowed);

const filterList = z
  .array(
    z.string("a topic filter is a text").superRefine((filter, context) => {
      const fault = topicFilterFault(filter);
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault, input: filter });
    }),
    rules.list.allowed,
  )
  .optional();

const user = section(
  Object.fromEntries(accesses.map((access) => [access, filterList])) as Record<
    (typeof accesses)[number],
    typeof filterList
  >,
).transform((rights, context): { rules: AccessRule[] } => {
  const list = accesses.flatMap((access) => (rights[access] ?? []).map((filter) => ({ access, filter })));
  if (list.length === 0) context.addIssue({ code: "custom", message: rules.rights.allowed, input: rights });
  return { rules: list };
});

const USER_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u;

/** Says of every user's name what is wrong with it. */
function checkUserNames(users: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(users)) {
    const rule = name === healthcheckAccount.name ? rules.reservedName : rules.userName;
    if (rule === rules.userName && USER_NAME.test(name)) continue;
    context.addIssue({ code: "custom", message: rule.allowed, path: [name] });
  }
}

/** For checks that are made where another value is wrong as well, so that every mistake is named at once. */
const ALWAYS = Object.freeze({ when: () => true });

const DNS_NAME = /^(\*\.)?([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

const certificateName = z
  .string(rules.name.allowed)
  .refine(
    (name) => isIP(name) !== 0 || (DNS_NAME.test(name) && name.length <= 253 && !/^[\d.]+$/.test(name)),
    rules.name.allowed,
  );

const listener = (port: number) => section({ port: whole(rules.port, 1, 65_535).default(port) }).prefault({});

const hostListeners = section({
  mqtt: listener(listeners.mqtt.port),
  mqtts: listener(listeners.mqtts.port),
  ws: listener(listeners.ws.port),
  wss: listener(listeners.wss.port),
});

const portClash = (name: ListenerName) => ({
  error: "another listener has this port already; each of the four needs its own",
  path: [name, "port"],
  ...ALWAYS,
});

function portIsTaken(value: z.output<typeof hostListeners>, name: ListenerName): boolean {
  const earlier = listenerNames.slice(0, listenerNames.indexOf(name));
  const port = value[name]?.port;
  return port !== undefined && earlier.some((other) => value[other]?.port === port);
}

/** Everything that a stack's config may hold, with the defaults that are used for what it does not. */
export const settingsSchema = section({
  /** The broker's image. @default the official one, or the one that `npm run up` built */
  image: z
    .string(rules.image.allowed)
    .regex(/^[^\s]+$/, rules.image.allowed)
    .optional(),
  /** The host's address that every listener is bound to. @default 127.0.0.1 */
  bindAddress: z
    .string(rules.address.allowed)
    .refine((value) => isIP(value) !== 0, rules.address.allowed)
    .default("127.0.0.1"),
  /** The host's port of each listener. @default 1883, 8883, 8083 and 8884 */
  listeners: listenerNames
    .slice(1)
    .reduce(
      (schema, name) => schema.refine((value) => !portIsTaken(value, name), portClash(name)),
      hostListeners,
    )
    .prefault({}),
  /** The users and their rights. @default naboom-mqtt, who reads and writes naboom/# */
  users: z
    .record(z.string(), user, rules.object.allowed)
    .superRefine(checkUserNames, ALWAYS)
    .refine((users) => Object.keys(users).length > 0, rules.users.allowed)
    .prefault({ "naboom-mqtt": { readwrite: ["naboom/#"] } }),
  passwords: section({
    /** Characters of each password. @default 40 */
    length: whole(rules.passwordLength, 32, 128).default(40),
    /** PBKDF2 iterations; each reload hashes every connected client's password once more. @default 1000 */
    iterations: whole(rules.iterations, 1, 1_000_000).default(1_000),
  }).prefault({}),
  certificates: section({
    /** Names and addresses that the server's certificate is for. @default localhost, 127.0.0.1 and ::1 */
    names: z
      .array(certificateName, rules.list.allowed)
      .min(1, rules.names.allowed)
      .default(["localhost", "127.0.0.1", "::1"]),
    /** @default 3650 */
    authorityDays: whole(rules.days, 1, 36_500).default(3_650),
    /** @default 365 */
    serverDays: whole(rules.days, 1, 36_500).default(365),
  })
    .superRefine(({ authorityDays, serverDays }, context) => {
      if (serverDays <= authorityDays) return;
      const message = `a server's certificate ends no later than its authority's, after ${authorityDays} days`;
      context.addIssue({ code: "custom", message, path: ["serverDays"], input: serverDays });
    })
    .prefault({}),
  /** What clients may take; see mosquitto/limits.ts for each one's meaning and default. */
  limits: section({
    packetBytes: whole(rules.packet, 20, 268_435_455).default(defaultLimits.packetBytes),
    connectionsPerListener: whole(rules.count, 1, 1_000_000).default(defaultLimits.connectionsPerListener),
    inflightMessages: whole(rules.count, 1, 65_535).default(defaultLimits.inflightMessages),
    queuedMessages: whole(rules.count, 1, 10_000_000).default(defaultLimits.queuedMessages),
    queuedBytes: whole(rules.queuedBytes, 1, 2 ** 40).default(defaultLimits.queuedBytes),
    keepaliveSeconds: whole(rules.keepalive, 10, 65_535).default(defaultLimits.keepaliveSeconds),
    sessionDays: whole(rules.days, 1, 36_500).default(defaultLimits.sessionDays),
  }).prefault({}),
  container: section({
    /** Memory of the broker's container; the broker's heap may take four fifths of it. @default 512 */
    memoryMegabytes: whole(rules.memory, 32, 1_048_576).default(512),
    /** Seconds between two writes of the persistence database. @default 60 */
    autosaveSeconds: whole(rules.seconds, 1, 86_400).default(60),
    /** Size of one log file. @default 10 */
    logMegabytes: whole(rules.logSize, 1, 10_240).default(10),
    /** Log files that are kept. @default 5 */
    logFiles: whole(rules.count, 1, 1_000).default(5),
  }).prefault({}),
});

/** A stack's settings, complete and checked. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;
