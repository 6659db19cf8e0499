import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stackOutputs } from "../infra/contract.ts";
import { projectFolder } from "../toolchain/project.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { AnsweringBroker } from "./answering-broker.ts";
import { type Connection, describeConnection } from "./connection.ts";
import { FaultyBroker } from "./faulty-broker.ts";
import { renderKit } from "./kit.ts";
import type { KitKind } from "./kit-kind.ts";
import { KitProcess, type Program, placeKit } from "./kit-process.ts";
import {
  asDocumented,
  documentedOutcomes,
  type Mistake,
  mistaken,
  mistakes,
  type Outcome,
} from "./mistakes.ts";
import { type ProgramName, preparePrograms } from "./programs.ts";

/** Milliseconds after which a program that has said nothing will not. */
const SILENCE = 4_000;

let throwaway: ThrowawayStack;
let faulty: FaultyBroker;
let folder: string;
let programs: Readonly<Record<ProgramName, Program>>;
let document: string;
let connections: Readonly<Record<"mqtts" | "wss", Connection>>;

beforeAll(async () => {
  document = await readFile(join(projectFolder, "docs/clients.md"), "utf8");
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-mistakes-"));
  throwaway = await ThrowawayStack.create(inject("workbench"));
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  const outputs = stackOutputs.parse(await throwaway.stack.outputs());
  const describeOn = (listener: "mqtts" | "wss") =>
    describeConnection(outputs, { user: "naboom-mqtt", listener, clientId: `mistaken-${listener}` });
  connections = { mqtts: describeOn("mqtts"), wss: describeOn("wss") };
  faulty = await FaultyBroker.start(outputs.broker.image);
  programs = await preparePrograms(outputs.broker.image, folder);
}, 600_000);

afterAll(async () => {
  await faulty?.remove();
  await throwaway?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Each snippet, and where docs/clients.md has its outcomes. */
const snippets: readonly [string, KitKind, ProgramName, number][] = [
  ["aiomqtt 2", "aiomqtt", "aiomqtt", 1],
  ["paho-mqtt 2", "paho", "paho", 1],
  ["MQTT.js 5", "mqttjs", "mqttjs", 1],
  ["subscribe.sh", "mosquitto", "mosquitto", 1],
  ["subscribe.sh", "mosquitto", "mosquitto 2.1", 2],
  ["publish.sh", "mosquitto", "mosquitto", 1],
  ["publish.sh", "mosquitto", "mosquitto 2.1", 2],
];

describe.each(snippets)("%s with %s and %s", (heading, kind, name, column) => {
  it.each(mistakes)("says of %s what docs/clients.md quotes", async (mistake) => {
    const connection = await mistaken(mistake, connections[kind === "mqttjs" ? "wss" : "mqtts"], faulty);
    const place = await mkdtemp(join(folder, "kit-"));
    await placeKit(join(place, "kit"), renderKit(kind, connection, join(place, "kit")), programs[name]);
    const program = heading === "publish.sh" ? { ...programs[name], args: [heading] } : programs[name];
    const documented = documentedOutcomes(document, heading, mistake, column);
    const seen = await outcome(join(place, "kit"), program, mistake, documented, connection);
    expect(documented).toContainEqual(seen);
  });
});

describe("a broker that is busy", () => {
  const SERVER_BUSY = 0x89;
  const NOT_AUTHORIZED = 0x87;

  it.each(["aiomqtt", "paho", "mqttjs"] as const)("is tried again with %s until it refuses", async (name) => {
    const broker = await AnsweringBroker.start([SERVER_BUSY, NOT_AUTHORIZED, NOT_AUTHORIZED]);
    const plain = { host: "127.0.0.1", tls: false, url: `mqtt://127.0.0.1:${broker.port}` };
    const place = join(folder, `busy-${name}`);
    const connection = { ...connections.mqtts, ...plain, port: broker.port };
    await placeKit(place, renderKit(name, connection, place), programs[name]);
    const { exitCode, stderr, byItself } = await new KitProcess(place, programs[name]).ended();
    broker.close();
    expect(byItself, stderr).toBe(true);
    expect(stderr).toMatch(/busy[\s\S]*not authorized/i);
    expect(exitCode).toBe(1);
    expect(broker.left).toBe(1);
  });
});

describe("openssl", () => {
  it.each(mistakes.slice(0, 3))("says of %s what docs/clients.md quotes", async (mistake) => {
    const connection = await mistaken(mistake, connections.mqtts, faulty);
    const authority = join(folder, `${mistake}.crt`);
    await writeFile(authority, connection.authority);
    const target = ["-connect", `localhost:${connection.port}`, "-CAfile", authority];
    const options = ["-verify_hostname", "localhost", "-brief"];
    const { stderr } = await execa({ input: "", reject: false })`openssl s_client ${target} ${options}`;
    const line = stderr.split("\n").find((text) => text.startsWith("verify error"));
    expect(documentedOutcomes(document, "openssl", mistake)).toEqual([{ line }]);
  });
});

/** What a program says first, and how it ends. */
async function outcome(
  kit: string,
  program: Program,
  mistake: Mistake,
  documented: readonly Outcome[],
  connection: Connection,
): Promise<Outcome> {
  const running = new KitProcess(kit, program);
  const rival = mistake === "client id in use" ? await secondClient(kit, program, running) : undefined;
  // One that goes on is let run until it has spoken, or has long enough been silent.
  const silent = documented.every(({ line }) => line === undefined);
  const deadline = Date.now() + (silent ? SILENCE : 60_000);
  const goesOn = documented.some(({ exitCode }) => exitCode === undefined);
  const done = () => !running.running || (goesOn && ownLines(running).length > 0);
  while (Date.now() < deadline && !done()) await sleep(50);
  const ended = !running.running;
  const { exitCode } = await running.stop();
  await rival?.stop();
  const [line] = ownLines(running).map((text) => asDocumented(text, connection));
  return { ...(line === undefined ? {} : { line }), ...(ended ? { exitCode } : {}) };
}

/** What a snippet says of a mistake: whatever is neither a message nor its own. */
function ownLines({ stdout, stderr }: KitProcess): readonly string[] {
  return `${stderr}\n${stdout}`
    .split("\n")
    .filter((line) => line !== "" && !/^(published$|naboom\/|sent; )/.test(line));
}

/** Another client with the same kit, once the first one has been let in. */
async function secondClient(kit: string, program: Program, first: KitProcess): Promise<KitProcess> {
  if (program.args[0] === "publish.sh") await first.ended();
  else if (program.args[0] === "subscribe.sh") await sleep(2_000);
  else await first.printed("hello");
  return new KitProcess(kit, program);
}
