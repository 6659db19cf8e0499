import { spawn } from "node:child_process";
import { connect, createServer, type Server, type Socket } from "node:net";
import { execa } from "execa";
import { z } from "zod";
import { type ListenerName, listeners } from "../mosquitto/listener.ts";
import { runCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

/** Where a twin's listeners are reached from this process. */
export interface TwinPorts {
  readonly addresses: Readonly<
    Partial<Record<ListenerName, { readonly host: string; readonly port: number }>>
  >;
  /** Whether each connection takes a process of its own. */
  readonly slow: boolean;
  readonly close: () => void;
}

const published = z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable());

/** Milliseconds for a question to the engine, and for a connection on the loopback interface. */
const PATIENCE = Object.freeze({ engine: 20_000, connection: 1_000 });

const LOOPBACK = "127.0.0.1";

/**
 * Finds out how a twin's listeners are reached: by the ports that the engine publishes on 127.0.0.1, where the engine is
 * on this machine; else, for each connection, by a command in its container, which works wherever `docker exec` does.
 *
 * @throws Refusal where the engine says nothing of its ports
 */
export async function reachPorts(
  container: string,
  options: { readonly stack: string; readonly listeners: readonly ListenerName[] },
): Promise<TwinPorts> {
  const ports = await publishedPorts(container, options);
  const here = (await isEngineHere()) && (await Promise.all([...ports.values()].map(answers)));
  if (here !== false && here.every((answer) => answer))
    return { addresses: addressesOf(ports), slow: false, close: () => {} };
  return await openTunnels(container, options.listeners);
}

async function publishedPorts(
  container: string,
  { stack, listeners: on }: { readonly stack: string; readonly listeners: readonly ListenerName[] },
): Promise<ReadonlyMap<ListenerName, number>> {
  const args = ["inspect", "--format", "{{json .NetworkSettings.Ports}}", container];
  const { exitCode, stdout, stderr } = await execa("docker", args, {
    reject: false,
    timeout: PATIENCE.engine,
  });
  const bindings = exitCode === 0 ? published.parse(JSON.parse(stdout)) : {};
  const found = on.map(
    (name) => [name, Number(bindings[`${listeners[name].port}/tcp`]?.[0]?.HostPort)] as const,
  );
  if (found.every(([, port]) => port > 0)) return new Map(found);
  throw new Refusal(
    `the engine published no port of the twin ${container} (${stderr?.trim() || "it gave none"}), so nothing could be ` +
      `proved and nothing was put in force; with a free port on ${LOOPBACK} for each listener: ${runCommand(stack, "up")}`,
  );
}

/**
 * Whether the engine is reached by a socket of this machine. By the network, a port of 127.0.0.1 may be another
 * process's here, which would be sent passwords.
 */
async function isEngineHere(): Promise<boolean> {
  const args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
  const { exitCode, stdout } = await execa("docker", args, { reject: false, timeout: PATIENCE.engine });
  const host = process.env.DOCKER_HOST || (exitCode === 0 ? stdout.trim() : "");
  return /^(unix|npipe):/.test(host);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port, timeout: PATIENCE.connection });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}

function addressesOf(ports: ReadonlyMap<ListenerName, number>): TwinPorts["addresses"] {
  return Object.fromEntries([...ports].map(([name, port]) => [name, { host: LOOPBACK, port }]));
}

/** A port of this process for each listener, whose connections are led into the container. */
export async function openTunnels(container: string, on: readonly ListenerName[]): Promise<TwinPorts> {
  const servers = on.map((name) => createServer((socket) => lead(socket, container, listeners[name].port)));
  const ports = await Promise.all(servers.map(listen));
  return {
    addresses: addressesOf(new Map(on.map((name, index) => [name, ports[index] as number]))),
    slow: true,
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, () => resolve((server.address() as { port: number }).port));
  });
}

/** busybox has the network client in Debian's and Alpine's images, whatever commands are linked to it. */
function lead(socket: Socket, container: string, port: number): void {
  const args = ["exec", "--interactive", container, "busybox", "nc", LOOPBACK, `${port}`];
  const tunnel = spawn("docker", args, { stdio: ["pipe", "pipe", "ignore"] });
  socket.pipe(tunnel.stdin);
  tunnel.stdout.pipe(socket);
  socket.on("error", () => {});
  // What was sent last has to arrive: the client in the container ends once it has handed everything on.
  socket.on("close", () => tunnel.stdin.end());
  tunnel.on("error", () => socket.destroy());
  tunnel.stdin.on("error", () => {});
}
