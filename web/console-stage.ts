import { execa } from "execa";
import mqtt, { type MqttClient } from "mqtt";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { listenerIn } from "../mosquitto/listener.ts";
import { TestBrowser } from "../toolchain/browser.ts";
import { prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { prepareConsoleImage } from "../toolchain/images/console-image.ts";
import { createProgress } from "../toolchain/progress.ts";
import { type StackSettings, ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { renderConsole } from "./console.ts";
import { ConsoleContainer } from "./console-container.ts";
import { readPageAssets } from "./page-assets.ts";

/** The users of the stage's stack: who sits before the page, and who speaks to them. */
export const USERS = Object.freeze({
  ann: { read: ["weather/+/now"], write: ["inbox"], readwrite: ["site/#"], deny: ["site/locks/#"] },
  device: { readwrite: ["#"] },
});

/** Sets a stage before a file's first test and clears it after the last; each test finds it without tabs. */
export function onConsoleStage(take: (stage: ConsoleStage) => void): void {
  let stage: ConsoleStage | undefined;
  beforeAll(async () => {
    stage = await ConsoleStage.set();
    take(stage);
  }, 400_000);
  afterEach(() => stage?.browser.closeTabs());
  afterAll(() => stage?.clear());
}

/** A throwaway stack with a console, and a browser that trusts its authority: all that the page's tests need. */
export class ConsoleStage {
  readonly throwaway: ThrowawayStack;
  readonly outputs: StackOutputs;
  /** The stack's settings, which let the page's origin in. */
  readonly settings: StackSettings;
  /** The page's address. */
  readonly url: string;
  readonly browser: TestBrowser;
  /** Another client than the page, which may read and write everything. */
  readonly device: MqttClient;
  readonly #container: ConsoleContainer;

  private constructor(
    throwaway: ThrowawayStack,
    outputs: StackOutputs,
    url: string,
    browser: TestBrowser,
    device: MqttClient,
    container: ConsoleContainer,
  ) {
    this.throwaway = throwaway;
    this.outputs = outputs;
    this.settings = settingsOf(throwaway);
    this.url = url;
    this.browser = browser;
    this.device = device;
    this.#container = container;
  }

  static async set(): Promise<ConsoleStage> {
    const progress = createProgress();
    const engine = await prepareDockerEngine({ install: true, progress });
    const image = await prepareConsoleImage({ install: true, engine, progress });
    const container = new ConsoleContainer(image);
    const throwaway = await ThrowawayStack.create(inject("workbench"));
    const settings = settingsOf(throwaway);
    await throwaway.configure(settings);
    try {
      const { exitCode, output } = await throwaway.up();
      if (exitCode !== 0) throw new Error(output);
      const outputs = stackOutputs.parse(await throwaway.stack.outputs());
      const port = await container.start(await render(outputs), pagePort(throwaway));
      const browser = await TestBrowser.launch({ authority: outputs.authority });
      const device = await connectDevice(outputs);
      return new ConsoleStage(throwaway, outputs, `https://localhost:${port}/`, browser, device, container);
    } catch (error) {
      await container.remove();
      await throwaway.remove();
      throw error;
    }
  }

  async clear(): Promise<void> {
    await this.device.endAsync(true);
    await this.browser.close();
    await this.#container.remove();
    await this.throwaway.remove();
  }

  /** The password of a user. */
  password(user: keyof typeof USERS): string {
    return this.outputs.credentials[user]?.password ?? "";
  }

  /** Opens the page in a tab of its own; `prepare` is done with the tab before it goes anywhere. */
  async open(prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const page = await this.browser.open(this.url, prepare);
    // The form is there at once, and works from when the page knows its stack.
    await page.getByRole("main").getByText(listenerIn(this.outputs.listeners, "wss").url).waitFor();
    return page;
  }

  /** Opens the page and logs in as ann. */
  async enter(prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const page = await this.open(prepare);
    await page.getByLabel("Account").fill("ann");
    await page.getByLabel("Password").fill(this.password("ann"));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor();
    return page;
  }

  /** Subscribes the device to a topic; what comes on it first is the payload, once there is one. */
  async listen(wanted: string): Promise<{ readonly payload: Promise<Buffer> }> {
    const payload = new Promise<Buffer>((resolve) => {
      this.device.on("message", (topic, payload) => topic === wanted && resolve(payload));
    });
    await this.device.subscribeAsync(wanted, { qos: 1 });
    return { payload };
  }

  /** Stops, starts or restarts the broker's container. */
  async broker(action: "stop" | "start" | "restart"): Promise<void> {
    await execa("docker", [action, this.outputs.broker.container]);
  }
}

function settingsOf(throwaway: ThrowawayStack): StackSettings {
  const origins = [`https://localhost:${pagePort(throwaway)}`];
  return { users: USERS, listeners: { ...throwaway.ports, origins } };
}

/** A port beside the stack's own, which the broker has to know before there is a page. */
function pagePort({ ports }: ThrowawayStack): number {
  return Math.max(...Object.values(ports).map(({ port }) => port)) + PORTS_APART;
}

/** Test files side by side have their ports between each other's. */
const PORTS_APART = 4;

async function connectDevice({ listeners, credentials }: StackOutputs): Promise<MqttClient> {
  const { host, port } = listenerIn(listeners, "mqtt");
  return await mqtt.connectAsync({ host, port, protocolVersion: 5, ...credentials.device });
}

async function render(outputs: StackOutputs) {
  const { container } = outputs.broker;
  const accounts = Object.entries(outputs.credentials).map(([user, { username, password }]) => {
    const { rules = [], listeners = [] } = outputs.users[user] ?? {};
    const urls = listeners.map((name) => ({ name, url: listenerIn(outputs.listeners, name).url }));
    return { account: username, password, rules, listeners: urls };
  });
  return renderConsole({
    assets: readPageAssets(),
    stack: "naboom-mqtt",
    brokerUrl: listenerIn(outputs.listeners, "wss").url,
    tlsOnly: true,
    accounts,
    certificate: await brokerFile(container, "server.crt"),
    key: await brokerFile(container, "server.key"),
  });
}

async function brokerFile(container: string, name: string): Promise<string> {
  const { stdout } = await execa("docker", [
    "exec",
    container,
    "cat",
    `/mosquitto/revisions/current/${name}`,
  ]);
  return `${stdout}\n`;
}
