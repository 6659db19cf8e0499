import { get } from "node:https";
import { setTimeout } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { TestBrowser } from "../toolchain/browser.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { prepareConsoleImage } from "../toolchain/images/console-image.ts";
import { createProgress } from "../toolchain/progress.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { publish, watch } from "../web/console-hand.ts";
import { accessFileOf, openAccess } from "../web/page/opened-access.ts";
import { type StackOutputs, stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
let port: number;

/** The devices' own topics are named by client ids. */
const rights = {
  users: { ann: { readwrite: ["site/#"] } },
  patterns: { readwrite: ["devices/%c/#"] },
};

beforeAll(async () => {
  const progress = createProgress();
  const engine = await prepareDockerEngine({ install: true, progress });
  await prepareConsoleImage({ install: true, engine, progress });
  throwaway = await ThrowawayStack.create(inject("workbench"));
  port = (throwaway.ports.mqtt?.port ?? 0) + 1;
  await throwaway.configure({ ...rights, console: { enabled: true, port } });
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

function ann() {
  const credential = outputs.credentials.ann;
  if (credential === undefined) throw new Error("the outputs have no credential of ann");
  return credential;
}

/** What the stack tells ann of herself. */
async function access() {
  const { username, password } = ann();
  const file = await accessFileOf(username, password);
  return await openAccess((await ask(`/access/${file}`)).text, username, password);
}

/** Opens the page and logs in as ann. */
async function enter(browser: TestBrowser): Promise<Page> {
  const page = await browser.open(outputs.console ?? "");
  await page.getByRole("main").getByText(listenerIn(outputs.listeners, "wss").url).waitFor();
  await page.getByLabel("Account").fill(ann().username);
  await page.getByLabel("Password").fill(ann().password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("status").getByText("Connected", { exact: true }).waitFor();
  return page;
}

describe("a stack with a console", () => {
  it("serves the page at the URL in its outputs, with its own certificate and for its own broker only", async () => {
    expect(outputs.console).toBe(`https://localhost:${port}/`);
    const page = await ask("/");
    expect(page).toMatchObject({ status: 200, certificate: outputs.certificates.serverFingerprint });
    expect(page.policy).toContain(
      `connect-src 'self' wss://localhost:${listenerIn(outputs.listeners, "wss").port};`,
    );
    expect(JSON.parse((await ask("/config.json")).text)).toMatchObject({
      broker: listenerIn(outputs.listeners, "wss").url,
    });
  });

  it("is not touched by another `up`", async () => {
    await bringUp();
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });

  it("serves a renewed certificate without a restart", async () => {
    const before = await container();
    const { serverFingerprint } = outputs.certificates;
    const certificates = { serverGeneration: 2 };
    await throwaway.configure({ ...rights, console: { enabled: true, port }, certificates });
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

  it("leaves a client's id to the client, and the place for it in a pattern to the page", async () => {
    const { clientId, rules } = await access();
    expect(clientId).toBeUndefined();
    expect(rules).toContainEqual({ access: "readwrite", filter: "devices/%c/#", placeholders: true });
  });

  describe("and own client ids", () => {
    let browser: TestBrowser;

    beforeAll(async () => {
      const certificates = { serverGeneration: 2 };
      await throwaway.configure({
        ...rights,
        clientIds: "own",
        console: { enabled: true, port },
        certificates,
      });
      await bringUp();
      browser = await TestBrowser.launch({ authority: outputs.authority });
    });

    afterAll(() => browser?.close());

    it("has a page that explains its account's rights by the id that the broker knows it by", async () => {
      const { username } = ann();
      const page = await enter(browser);
      const told = page.getByRole("region", { name: `Rights of ${username}` });
      await told.getByText(`devices/${username}/#`, { exact: true }).waitFor();
      const client = told.getByRole("listitem").filter({ hasText: "client id" });
      expect(await client.textContent()).toBe(`client id${username}`);
      await watch(page, `devices/${username}/#`);
      expect(await page.getByText("not readable").count()).toBe(0);
      await publish(page, `devices/${username}/lamp`, "on");
      await page.getByText(/^Acknowledged by the broker in \d+ ms\.$/).waitFor();
      expect(await page.getByText("The rights of this account do not cover this topic.").count()).toBe(0);
      await page.getByRole("listbox").getByText(`devices/${username}/lamp`).waitFor();
    });

    it("has a page that leaves the session to a later one, and says so, and does not come back", async () => {
      await browser.closeTabs();
      const page = await enter(browser);
      const later = await enter(browser);
      const reason = `Another client of ${ann().username} took the session over, so this page has logged out.`;
      await page.getByRole("alert").getByText(reason).waitFor();
      // A page whose connection was only lost is back within 1.2 s.
      await setTimeout(3_000);
      expect(await page.getByRole("alert").textContent()).toBe(reason);
      await later.getByRole("status").getByText("Connected", { exact: true }).waitFor();
    });
  });

  it("has nothing left of it once it is not asked for any more", async () => {
    await throwaway.configure({ ...rights, certificates: { serverGeneration: 2 } });
    await bringUp();
    expect(outputs.console).toBeUndefined();
    expect((await throwaway.leftovers()).filter((name) => name.includes("console"))).toEqual([]);
  });
});
