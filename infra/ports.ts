import { createServer } from "node:net";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import { containerOnPort, type EngineContainer } from "./engine.ts";
import { setCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

export interface HostPorts {
  readonly bindAddress: string;
  readonly listeners: Readonly<Record<ListenerName, { readonly port: number }>>;
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
  wanted: HostPorts,
  broker: EngineContainer | undefined,
): Promise<void> {
  if (!engineIsLocal()) return;
  const own = broker?.running ? broker.hostPorts : [];
  const checks = listenerNames
    .filter((name) => !own.includes(wanted.listeners[name].port))
    .map((name) => portFault(stack, name, wanted));
  const faults = (await Promise.all(checks)).filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Refusal(faults.join("\n  "));
}

async function portFault(stack: string, name: ListenerName, wanted: HostPorts): Promise<string | undefined> {
  const { bindAddress: address, listeners } = wanted;
  const { port } = listeners[name];
  const code = await listenOnce(port, address);
  if (code === undefined) return undefined;
  if (code === "EADDRNOTAVAIL") {
    return `this host has no address ${address}; to bind to one that it has: ${setCommand(stack, "naboom-mqtt:bindAddress", "127.0.0.1")}`;
  }
  const owner = await containerOnPort(port);
  const who = owner === undefined ? "another program" : `the container ${owner}`;
  const taken = code === "EADDRINUSE" ? `is taken by ${who}` : `cannot be used (${code})`;
  const other = port < 55_536 ? port + 10_000 : port - 10_000;
  const command = setCommand(stack, `naboom-mqtt:listeners.${name}.port`, other);
  return `port ${port} on ${address}, wanted for listener ${name}, ${taken}; stop that, or choose another port: ${command}`;
}

/** Listens for a moment; the answer is the error's code, or nothing where the port is free. */
function listenOnce(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function engineIsLocal(): boolean {
  const host = process.env.DOCKER_HOST ?? "";
  return host === "" || host.startsWith("unix:") || host.startsWith("npipe:");
}
