import { BlockList, isIP, isIPv6, SocketAddress } from "node:net";
import { z } from "zod";
import { type ListenerName, listenerNames, listeners } from "../mosquitto/listener.ts";
import { originSettings } from "./origins.ts";
import { ALWAYS, rules, section, whole } from "./setting-rules.ts";

/** An address of the host, without a zone, in the one form that the engine gives it back in (RFC 5952). */
export const hostAddress = z
  .string(rules.address.allowed)
  .refine((value) => isIP(value) !== 0 && !value.includes("%"), rules.address.allowed)
  .transform((value) => {
    if (isIP(value) !== 6) return value;
    const { address } = new SocketAddress({ address: value, family: "ipv6" });
    const mapped = address.replace(/^::ffff:/, "");
    return isIP(mapped) === 4 ? mapped : address;
  });

/** What a listener is that nobody is to reach. */
export const OFF = "off";

const listener = (port: number) =>
  z
    .union(
      [
        z.literal(OFF),
        section({ port: whole(rules.port, 1, 65_535).default(port), address: hostAddress.optional() }),
      ],
      rules.listener.allowed,
    )
    .prefault({});

const fourListeners = section({
  mqtt: listener(listeners.mqtt.port),
  mqtts: listener(listeners.mqtts.port),
  ws: listener(listeners.ws.port),
  wss: listener(listeners.wss.port),
  origins: originSettings,
});

/**
 * The host's port of each listener, and its address where that is not the one of all; or that it is off.
 *
 * @default 1883, 8883, 8083, 8884
 */
export const listenerSettings = listenerNames
  .slice(1)
  .reduce(
    (schema, name) => schema.refine((value) => !portIsTaken(value, name), portClash(name)),
    fourListeners,
  )
  .refine((value) => namesOn(value).length > 0, { error: rules.allOff.allowed, ...ALWAYS })
  .prefault({});

/** What a user has to say before an unencrypted listener may be reached from elsewhere, word by word. */
export const TRUST = "the network is trusted";

/** Whether unencrypted listeners may be beyond loopback. @default they may not */
export const trustSetting = z.literal(TRUST, rules.trust.allowed).optional();

/** A listener's place on the host. */
export interface HostListener {
  readonly port: number;
  /** IPv4 or IPv6. */
  readonly address: string;
}

/** What of the config is about where listeners are, as it is written. */
interface Written {
  readonly bindAddress: string;
  readonly listeners: z.output<typeof listenerSettings>;
  readonly plainListeners?: typeof TRUST | undefined;
}

/** The listeners that are on, by name. */
export type HostListeners = Readonly<Partial<Record<ListenerName, HostListener>>>;

/** Gives every listener that is on its address. */
export function resolveListeners({ listeners: written, bindAddress }: Written): { listeners: HostListeners } {
  const entries = listenerNames.flatMap((name) => {
    const given = written[name];
    return given === OFF ? [] : [[name, { port: given.port, address: given.address ?? bindAddress }]];
  });
  return { listeners: Object.fromEntries(entries) };
}

/** The listeners that a config leaves on, whatever else is wrong with them; all where it says nothing. */
export function namesOn(given: unknown): readonly ListenerName[] {
  return listenerNames.filter((name) => Object(given)[name] !== OFF);
}

/**
 * Refuses unencrypted listeners that others than this host could reach, unless the user says that they may.
 *
 * It is called where parts have mistakes of their own as well, and passes over those.
 */
export function checkAddresses(given: Partial<Written>, context: z.RefinementCtx): void {
  if (given.plainListeners === TRUST) return;
  for (const name of listenerNames.filter((each) => !listeners[each].tls)) {
    const place = placeOf(given.listeners === undefined ? {} : given.listeners, name);
    if (place === undefined) continue;
    const own = place.address;
    const address = own ?? given.bindAddress ?? "";
    if (isIP(address) === 0 || isLoopback(address)) continue;
    context.addIssue({
      code: "custom",
      message: plainFault(name, own === undefined ? address : undefined),
      path: ["listeners", name, "address"],
      params: { example: "127.0.0.1" },
    });
  }
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only programs of the host itself reach an address (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
export function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/**
 * Where clients are sent: to the first name of the certificate, so that the name they check is the one they asked
 * for. That name leads to no unencrypted listener that only this host reaches, and localhost is IPv4 to many.
 */
export function clientHost(listener: ListenerName, address: string, names: readonly string[]): string {
  const [first = "localhost"] = names;
  // A wildcard is no host; any name that it stands for is.
  const named = names.find((name) => !name.startsWith("*.")) ?? first.replace(/^\*\./, "mqtt.");
  if (named === "localhost" && isIPv6(address) && names.includes("::1")) return "::1";
  if (listeners[listener].tls || !isLoopback(address)) return named;
  return named === "localhost" && address === "127.0.0.1" ? named : address;
}

function plainFault(name: ListenerName, inherited: string | undefined): string {
  const origin = inherited === undefined ? "" : `bindAddress makes it ${inherited}, but `;
  return (
    `${origin}${name} is not encrypted and would show passwords to the network, so it is a loopback address ` +
    `(127.0.0.0/8 or ::1) unless naboom-mqtt:plainListeners is "${TRUST}"; clients elsewhere use ${name}s`
  );
}

/** Asked of anything that was given, of whatever shape. */
function portIsTaken(value: unknown, name: ListenerName): boolean {
  const earlier = listenerNames.slice(0, listenerNames.indexOf(name));
  const port = placeOf(value, name)?.port;
  return port !== undefined && earlier.some((other) => placeOf(value, other)?.port === port);
}

/** What was given as a listener's place, if that is what it is; nothing is one too. */
function placeOf(listeners: unknown, name: ListenerName): { port?: number; address?: string } | undefined {
  if (!isRecord(listeners)) return undefined;
  const given = (listeners as Partial<Record<ListenerName, unknown>>)[name];
  if (given === undefined) return {};
  return isRecord(given) ? given : undefined;
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function portClash(name: ListenerName) {
  return {
    error: "another listener has this port already; each that is on needs its own",
    path: [name, "port"],
    params: { example: `${listeners[name].port + 10_000}` },
    ...ALWAYS,
  };
}
