import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parse } from "yaml";
import { issue } from "../mosquitto/trial-certificate.ts";
import { intermediate, root, SERVER, text } from "../mosquitto/trial-chain.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { projectFolder, projectName } from "../toolchain/project.ts";
import { type StackSettings, ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";
import { inspectContainers } from "./engine.ts";

let throwaway: ThrowawayStack;
let folder: string;
let outputs: StackOutputs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-production-"));
  throwaway = await ThrowawayStack.create(inject("workbench"));
});

afterAll(async () => {
  await throwaway.stack.run(["state", "unprotect", "--all", "--yes"], { capture: true });
  await throwaway.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("the example of a stack for production", () => {
  it("asks for each file of its certificate that is not there, and creates nothing", async () => {
    const own = ownFiles();
    await throwaway.configure(await production(own));
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    for (const part of Object.keys(own)) {
      expect(output).toMatch(new RegExp(`certificates\\.own\\.${part} names .* cannot be read \\(ENOENT\\)`));
    }
    expect(output).not.toMatch(/\n\s+at /);
    expect(await throwaway.leftovers()).toEqual([]);
  });

  it("comes up with a certificate of its own, and is proved", async () => {
    await issueFiles(["localhost"]);
    await throwaway.configure(await production(ownFiles()));
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    outputs = stackOutputs.parse(await throwaway.stack.outputs());
    expect(outputs.certificates.own).toBe(true);
    expect(Object.values(outputs.credentials).map(({ password }) => password.length)).toEqual([
      64, 64, 64, 64,
    ]);
    const proof = await proveStack(outputs, { stack: throwaway.stack.name });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(proof.failed).toBe(0);
  });

  it("has its plain listener on one address, those with TLS on every one, and ws not at all", async () => {
    const broker = `${throwaway.prefix}-broker`;
    const published = (await inspectContainers(throwaway.stack.name, [broker])).get(broker)?.published;
    const { mqtt, mqtts, wss, ...others } = outputs.listeners;
    expect(others).toEqual({});
    const wanted = [
      { address: "127.0.0.1", port: mqtt?.port },
      { address: "0.0.0.0", port: mqtts?.port },
      { address: "0.0.0.0", port: wss?.port },
    ];
    expect(new Set(published)).toEqual(new Set(wanted));
    // A second address of loopback stands for any other of this machine.
    const answers = wanted.map(({ port = 0 }) => accepts("127.0.0.2", port));
    expect(await Promise.all(answers)).toEqual([false, true, true]);
  });

  it("sends clients of this machine to its plain listener by its address, and others to the certificate's name", async () => {
    await issueFiles([NAME]);
    await throwaway.configure(await production(ownFiles(), [NAME]));
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    const { listeners } = stackOutputs.parse(await throwaway.stack.outputs());
    expect(Object.values(listeners).map(({ host }) => host)).toEqual(["127.0.0.1", NAME, NAME]);
  });
});

const NAME = "mqtt.naboom.example";

/** The file's settings, with this stack's ports, and a name that leads to this machine. */
async function production(
  own: Readonly<Record<string, string>>,
  names: readonly string[] = ["localhost"],
): Promise<StackSettings> {
  const file = await readFile(join(projectFolder, "Pulumi.prod.yaml"), "utf8");
  const { config } = parse(file) as { config: Record<string, unknown> };
  const settings = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.slice(projectName.length + 1), value]),
  );
  const written = settings.listeners as Readonly<Record<string, object | string>>;
  const listeners = Object.entries(throwaway.ports).map(([name, port]) => {
    const given = written[name] ?? {};
    return [name, typeof given === "string" ? given : { ...given, ...port }];
  });
  return { ...settings, listeners: Object.fromEntries(listeners), certificates: { names, own } };
}

function ownFiles(): Record<"chain" | "key" | "authority", string> {
  const path = (name: string) => join(folder, `${name}.pem`);
  return { chain: path("chain"), key: path("key"), authority: path("authority") };
}

async function issueFiles(names: readonly string[]): Promise<void> {
  const server = issue({ ...SERVER, names, issuer: intermediate });
  const { chain, key, authority } = ownFiles();
  await writeFile(chain, text(server, intermediate));
  await writeFile(key, server.keyPem, { mode: 0o600 });
  await writeFile(authority, root.pem);
}

/** Whether something listens there. Only a refusal counts as nothing. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNREFUSED" ? resolve(false) : reject(error),
    );
  });
}
