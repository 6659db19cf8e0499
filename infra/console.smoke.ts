import { get } from "node:https";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { prepareConsoleImage } from "../toolchain/console-image.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { createProgress } from "../toolchain/progress.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
let port: number;

beforeAll(async () => {
  const progress = createProgress();
  const engine = await prepareDockerEngine({ install: true, progress });
  await prepareConsoleImage({ install: true, engine, progress });
  throwaway = await ThrowawayStack.create(inject("workbench"));
  port = (throwaway.ports.mqtt?.port ?? 0) + 1;
  await throwaway.configure({ console: { enabled: true, port } });
  await bringUp();
});

afterAll(() => throwaway.remove());

async function bringUp(): Promise<void> {
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
}

interface Answer {
  readonly status: number | undefined;
  readonly policy: string | undefined;
  /** SHA-256, as the outputs have it. */
  readonly certificate: string;
  readonly text: string;
}

/** What the console answers to a client that trusts the stack's authority. */
function ask(path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, outputs.console);
    get(url, { ca: outputs.authority, agent: false }, (response) => {
      const certificate = (response.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 ?? "";
      const policy = response.headers["content-security-policy"] as string | undefined;
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, policy, certificate, text }));
    }).on("error", reject);
  });
}

async function container(): Promise<string> {
  const format = "{{.Id}} {{.State.StartedAt}}";
  return (await dockerCommand(["inspect", "--format", format, `${throwaway.prefix}-console`])).stdout;
}

describe("a stack with a console", () => {
  it("serves the page at the URL in its outputs, with its own certificate and for its own broker only", async () => {
    expect(outputs.console).toBe(`https://localhost:${port}/`);
    const page = await ask("/");
    expect(page).toMatchObject({ status: 200, certificate: outputs.certificates.serverFingerprint });
    expect(page.policy).toContain(`connect-src 'self' wss://localhost:${outputs.listeners.wss.port};`);
    expect(JSON.parse((await ask("/config.json")).text)).toMatchObject({ broker: outputs.listeners.wss.url });
  });

  it("is not touched by another `up`", async () => {
    await bringUp();
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });

  it("serves a renewed certificate without a restart", async () => {
    const before = await container();
    const { serverFingerprint } = outputs.certificates;
    await throwaway.configure({ console: { enabled: true, port }, certificates: { serverGeneration: 2 } });
    await bringUp();
    expect(outputs.certificates.serverFingerprint).not.toBe(serverFingerprint);
    expect((await ask("/")).certificate).toBe(outputs.certificates.serverFingerprint);
    expect(await container()).toBe(before);
  });

  it("has no other file of the server's to give", async () => {
    for (const path of ["/nginx.conf", "/server.key", "/access/", "/..%2fserver.key"]) {
      expect((await ask(path)).status, path).toBeGreaterThanOrEqual(400);
    }
  });

  it("has nothing left of it once it is not asked for any more", async () => {
    await throwaway.configure({ certificates: { serverGeneration: 2 } });
    await bringUp();
    expect(outputs.console).toBeUndefined();
    expect((await throwaway.leftovers()).filter((name) => name.includes("console"))).toEqual([]);
  });
});
