import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { execa } from "execa";
import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { issue } from "../mosquitto/trial-certificate.ts";
import { Detour } from "./detour.ts";
import { kitKinds } from "./kit-kind.ts";
import { KitProcess } from "./kit-process.ts";
import { KitStage, users } from "./kit-stage.ts";
import { expectRefused, expectRuns, expectStores, publishing } from "./kit-trial.ts";
import { type ProgramName, programNames } from "./programs.ts";

/** Those whose snippet is a program of its own, and connects again by itself. */
const snippets = ["aiomqtt", "paho", "mqttjs"] as const;

/** The user web once its password was rotated; a generation is never lowered. */
const web = { ...users.web, generation: 2 };

let stage: KitStage;

beforeAll(async () => {
  stage = await KitStage.create(inject("workbench"));
}, 600_000);

afterAll(() => stage?.remove());

describe("a kit of the real command", () => {
  it.each(kitKinds)("for %s is for its owner's eyes alone, and no secret is printed", async (kind) => {
    const { exitCode, output } = await stage.client(
      "web",
      "--for",
      kind,
      "--out",
      join(stage.folder, `owner-${kind}`),
    );
    expect(exitCode, output).toBe(0);
    const place = join(stage.folder, `owner-${kind}`);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(place)) expect((await stat(join(place, name))).mode & 0o777).toBe(0o600);
    expectNoSecret(output);
    for (const name of await readdir(place)) expect(output).toContain(name);
  });

  it.each(programNames)("for %s runs as it stands, and its session outlives it", async (name) => {
    await expectRuns(stage, await stage.makeKit("web", name), name);
  });

  it.each(programNames)("for %s is plain where the user has no listener with TLS", async (name) => {
    await expectRuns(stage, await stage.placeKit("plain", name), name);
  });

  it.each(programNames)("for %s reads only where the user may only read", async (name) => {
    const running = new KitProcess(await stage.placeKit("reader", name), stage.programs[name]);
    if (!name.startsWith("mosquitto")) await running.printed("connected; waiting for naboom/news/#\n");
    await expect(stage.witness.reaches(running, "naboom/news/today")).resolves.toBeUndefined();
    await running.stop();
    expect(running.stdout).not.toMatch(/published|sent/);
  });

  it.each(programNames)("for %s writes only where the user may only write, and ends", async (name) => {
    const place = await stage.placeKit("writer", name);
    const before = stage.witness.heard("naboom/events");
    const { exitCode, stderr } = await new KitProcess(place, publishing(stage, name)).ended();
    expect(exitCode, stderr).toBe(0);
    await expect.poll(() => stage.witness.heard("naboom/events")).toBe(before + 1);
  });

  it("for env has variables that a shell hands on to a program", async () => {
    const place = await stage.makeKit("web", "env");
    const program = [
      "import asyncio, os, ssl, aiomqtt",
      "e = os.environ",
      "async def main():",
      "    tls = ssl.create_default_context(cafile=e['MQTT_CA_FILE']) if e['MQTT_USE_SSL'] == 'true' else None",
      "    async with aiomqtt.Client(e['MQTT_HOST'], int(e['MQTT_SSL_PORT']), username=e['MQTT_USERNAME'],",
      "            password=e['MQTT_PASSWORD'], identifier=e['MQTT_CLIENT_ID'], tls_context=tls,",
      "            keepalive=int(e['MQTT_KEEPALIVE'])) as client:",
      "        await client.publish('naboom/environment', 'hello', qos=1)",
      "asyncio.run(main())",
    ].join("\n");
    const script = `set -a; . ${place}/mqtt.env; set +a; exec ${stage.programs.aiomqtt.command} -c "$PROGRAM"`;
    await execa({ env: { PROGRAM: program }, cwd: "/" })`sh -c ${script}`;
    await expect.poll(() => stage.witness.heard("naboom/environment")).toBe(1);
    const inDocker =
      await execa`docker run --rm --env-file ${place}/mqtt.env --entrypoint sh ${stage.outputs.broker.image} -c ${"printf %s $MQTT_HOST:$MQTT_SSL_PORT:$MQTT_CA_FILE"}`;
    const { port } = listenerIn(stage.outputs.listeners, "mqtts");
    expect(inDocker.stdout).toBe(`localhost:${port}:${place}/ca.crt`);
  });

  it("for django has the example's service store a message", async () => {
    await expectStores(stage, await stage.makeKit("web", "django"));
  });

  it("for json has all that a program needs", async () => {
    const place = await stage.makeKit("browser", "json");
    const broker = JSON.parse(await readFile(join(place, "connection.json"), "utf8"));
    expect(broker.listeners).toEqual({ wss: listenerIn(stage.outputs.listeners, "wss") });
    const { username, password, clientId, keepalive } = broker;
    const ca = await readFile(join(place, broker.caFile));
    const options = { username, password, clientId, keepalive, ca, reconnectPeriod: 0 };
    const program = await mqtt.connectAsync(broker.url, options);
    await program.publishAsync(broker.publish, "from JSON", { qos: 1 });
    await expect.poll(() => stage.witness.said(broker.publish)).toContain("from JSON");
    await program.endAsync();
  });
});

describe("a kit that runs, for aiomqtt, paho and mqttjs", () => {
  const kits: { readonly running: KitProcess; readonly detour: Detour }[] = [];

  beforeAll(async () => {
    for (const name of snippets) {
      const listener = listenerIn(stage.outputs.listeners, name === "mqttjs" ? "wss" : "mqtts");
      const detour = await Detour.to(listener.port);
      const place = await stage.placeKit("reader", name, "detour", (connection) => ({
        ...connection,
        port: detour.port,
        url: connection.url.replace(/\d+$/, String(detour.port)),
        keepalive: 2,
      }));
      kits.push({ detour, running: new KitProcess(place, stage.programs[name]) });
    }
    await allReceive();
  });

  afterAll(async () => {
    for (const { running, detour } of kits) {
      await running.stop();
      detour.close();
    }
  });

  it("goes on when its connection is cut", async () => {
    for (const { detour } of kits) detour.cut();
    await allReceive();
  });

  it("goes on when nothing comes through its connection any more", async () => {
    const noticed = kits.map(async ({ running, detour }) => {
      const before = running.stderr;
      detour.fallSilent();
      await expect.poll(() => running.stderr, { timeout: 30_000 }).not.toBe(before);
      detour.cut();
    });
    await Promise.all(noticed);
    await allReceive();
  });

  it("goes on when the broker restarts", async () => {
    await stage.restartBroker();
    await allReceive();
  });

  it("ends when the server's certificate does not hold any more", async () => {
    const { pem, keyPem } = issue({ name: "another server", names: ["localhost"] });
    const server = createServer({ cert: pem, key: keyPem }).listen(0, "127.0.0.1");
    await once(server, "listening");
    for (const { detour } of kits) detour.lead((server.address() as AddressInfo).port);
    for (const { running } of kits) {
      const { exitCode, stderr, byItself } = await running.ended();
      expect(byItself, stderr).toBe(true);
      expect(stderr).toMatch(/certificate/);
      expect(exitCode).toBe(1);
    }
    server.close();
  });

  async function allReceive(): Promise<void> {
    await Promise.all(kits.map(({ running }) => stage.witness.reaches(running, "naboom/news/today")));
  }
});

describe("a kit of a password that was rotated", () => {
  const names = ["aiomqtt", "paho", "mqttjs", "mosquitto"] as const;

  it("ends with a clear word, and works when it is written anew, with the same client id", async () => {
    const kits = new Map<ProgramName, string>();
    for (const name of names) kits.set(name, await stage.makeKit("web", name, "rotated"));
    const connected = snippets.map((name) => new KitProcess(kits.get(name) ?? "", stage.programs[name]));
    for (const running of connected) await running.printed("hello");
    await stage.deliver({ users: { ...users, web } });
    for (const running of connected) await expectRefused(running);
    for (const [name, place] of kits) {
      const id = await clientIdIn(place);
      await expectRefused(new KitProcess(place, stage.programs[name]));
      const { output } = await stage.client("web", "--for", name, "--out", place, "--force");
      expect(output).toContain(`client id ${id};`);
      await expectRuns(stage, place, name);
    }
  }, 600_000);
});

describe("a kit where listeners ask for certificates", () => {
  it.each([
    ["besides-password", "identity"],
    ["identity", "besides-password"],
  ])("has them with mqtts %s and wss %s", { timeout: 600_000 }, async (mqtts, wss) => {
    await stage.deliver({ users: { web, witness: users.witness }, clientCertificates: { mqtts, wss } });
    for (const name of programNames) {
      // The command's own log-in is tried over both listeners.
      const make =
        name === "paho" || name === "mqttjs" ? stage.makeKit.bind(stage) : stage.placeKit.bind(stage);
      await expectRuns(stage, await make("web", name, mqtts), name);
    }
    await expectStores(stage, await stage.makeKit("web", "django", mqtts));
  });
});

describe("a kit where clients' ids are their accounts'", () => {
  it("has an account for each client", { timeout: 600_000 }, async () => {
    await stage.deliver({ users: { ...users, web: { ...web, connections: 2 } }, clientIds: "own" });
    for (const name of programNames) await expectRuns(stage, await stage.placeKit("web", name, "own"), name);
    const second = await stage.client(
      "web",
      "--for",
      "paho",
      "--client-id",
      "web~connection-2",
      "--out",
      join(stage.folder, "2nd"),
    );
    expect(second.output).toContain("client id web~connection-2;");
    const third = await stage.client(
      "web",
      "--for",
      "paho",
      "--client-id",
      "other",
      "--out",
      join(stage.folder, "3rd"),
    );
    expect(third.output).toContain("user web has web, web~connection-2");
    expect(third.exitCode).toBe(2);
  });
});

async function clientIdIn(place: string): Promise<string | undefined> {
  const names = ["connection.json", "mosquitto_sub"];
  const texts = await Promise.all(names.map((name) => readFile(join(place, name), "utf8").catch(() => "")));
  return /(?:"clientId": "|--id )([^"\n]+)/.exec(texts.join(""))?.[1];
}

function expectNoSecret(output: string): void {
  for (const { password } of Object.values(stage.outputs.credentials)) expect(output).not.toContain(password);
}
