import { connect, createServer, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { containersOnPort, type EngineContainer } from "./engine.ts";
import type { HostListener, HostListeners } from "./listener-settings.ts";
import { setCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

export interface HostPorts {
  readonly bindAddress: string;
  readonly listeners: HostListeners;
  readonly console: {
    readonly enabled: boolean;
    readonly port: number;
    readonly address?: string | undefined;
  };
}

/** Something of the stack's that wants a port of the host. */
interface Wanted {
  /** For people, such as `listener mqtt`. */
  readonly what: string;
  /** The config's path, behind the project's name. */
  readonly path: string;
  readonly place: HostListener;
  /** The container of the stack's own that may have the port now. */
  readonly own: EngineContainer | undefined;
}

/**
 * Makes sure, before anything changes, that the host's ports are free or are the running broker's own.
 *
 * An engine on another machine is not asked; there the engine itself refuses a port that is taken.
 *
 * @throws Refusal that names each taken port, who has it, and the command that picks another.
 */
export async function checkHostPorts(
  stack: string,
  ports: HostPorts,
  broker: EngineContainer | undefined,
  console: EngineContainer | undefined,
): Promise<void> {
  if (!engineIsLocal()) return;
  const checks = listWanted(ports, broker, console).map(async (wanted) => {
    const published = wanted.own?.running ? wanted.own.published : [];
    const places = placesToTry(wanted.place, published, hostAddresses());
    const faults = await Promise.all(places.map((place) => portFault(stack, wanted, place, ports)));
    return faults.find((fault) => fault !== undefined);
  });
  const faults = (await Promise.all(checks)).filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Refusal([...new Set(faults)].join("\n  "));
}

function listWanted(
  { listeners, console: page, bindAddress }: HostPorts,
  broker: EngineContainer | undefined,
  console: EngineContainer | undefined,
): readonly Wanted[] {
  const open = Object.entries(listeners).map(([name, place]) => ({
    what: `listener ${name}`,
    path: `listeners.${name}`,
    place,
    own: broker,
  }));
  const place = { port: page.port, address: page.address ?? bindAddress };
  return page.enabled ? [...open, { what: "the console", path: "console", place, own: console }] : open;
}

/**
 * Where somebody else could be in the way of a listener. The running broker is not, as it goes before its
 * successor comes; so where it has the port on one address and is to have it on all, the others are tried.
 *
 * @param addresses the host's own
 */
export function placesToTry(
  wanted: HostListener,
  own: readonly HostListener[],
  addresses: readonly string[],
): readonly HostListener[] {
  const here = own.filter(({ port }) => port === wanted.port);
  if (here.some(({ address }) => covers(address, wanted.address))) return [];
  const inside = here.filter(({ address }) => covers(wanted.address, address));
  if (inside.length === 0) return [wanted];
  return addresses
    .filter((address) => covers(wanted.address, address) && !inside.some((each) => each.address === address))
    .map((address) => ({ address, port: wanted.port }));
}

/** Whether who listens on an address is in the way of who wants to on another. */
function covers(address: string, other: string): boolean {
  return address === other || (isIPv6(address) === isIPv6(other) && EVERY.includes(address));
}

/** The addresses that stand for all of the host; on an engine, `::` takes no IPv4. */
const EVERY: readonly string[] = ["0.0.0.0", "::"];

/** The host's addresses, without those that need a zone (RFC 4291, 2.5.6). */
function hostAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address));
}

async function portFault(
  stack: string,
  { what, path }: Wanted,
  { address, port }: HostListener,
  { bindAddress }: HostPorts,
): Promise<string | undefined> {
  const code = await whyTaken(await listenOnce(port, address), port, address);
  if (code === undefined) return undefined;
  if (code === "EADDRNOTAVAIL") {
    const key = address === bindAddress ? "bindAddress" : `${path}.address`;
    return `this host has no address ${address}; to bind to one that it has: ${setCommand(stack, `naboom-mqtt:${key}`, "127.0.0.1")}`;
  }
  const inTheWay = (await containersOnPort(stack, port)).find(({ published }) =>
    published.some((place) => place.port === port && meet(place.address, address)),
  );
  const who = inTheWay === undefined ? "another program" : `the container ${inTheWay.name}`;
  const taken = code === "EADDRINUSE" ? `is taken by ${who}` : `cannot be used (${code})`;
  const other = port < 55_536 ? port + 10_000 : port - 10_000;
  const command = setCommand(stack, `naboom-mqtt:${path}.port`, other);
  return `port ${port} on ${address}, wanted for ${what}, ${taken}; stop that, or choose another port: ${command}`;
}

/**
 * What keeps a port from being published, once the attempt to listen on it has ended with a code.
 *
 * A port below 1024 is not every user's to listen on; the engine may publish it all the same, unless somebody is there.
 */
export async function whyTaken(
  code: string | undefined,
  port: number,
  address: string,
): Promise<string | undefined> {
  if (code !== "EACCES") return code;
  return (await answers(port, EVERY.includes(address) ? undefined : address)) ? "EADDRINUSE" : undefined;
}

/** Milliseconds for a program of this host to take a connection. */
const CONNECTING = 2_000;

/** Whether somebody takes a connection; without an address, on loopback. */
function answers(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, ...(host === undefined ? {} : { host }), timeout: CONNECTING });
    const end = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => end(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => end(false));
  });
}

function meet(address: string, other: string): boolean {
  return covers(address, other) || covers(other, address);
}

/** Listens for a moment; the answer is the error's code, or nothing where the port is free. */
function listenOnce(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: address, exclusive: true, ipv6Only: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

function engineIsLocal(): boolean {
  const host = process.env.DOCKER_HOST ?? "";
  return host === "" || host.startsWith("unix:") || host.startsWith("npipe:");
}
