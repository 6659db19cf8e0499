import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { impostorOf } from "../../smoke-tests/certificate.ts";
import { Platform } from "./platform.ts";
import { Publisher } from "./publisher.ts";
import { manage, ServiceProcess } from "./service-process.ts";
import { listen } from "./subscriber.ts";

/** Messages of the great run, and how many a second are sent while all kinds of things happen. */
const MESSAGES = 10_000;
const RATE = 150;

let platform: Platform;
let publisher: Publisher;

beforeAll(async () => {
  platform = await Platform.create(inject("workbench"));
  publisher = await Publisher.connect(platform.outputs, "publisher");
  const migrated = await manage(platform.workplace(), "migrate", "--verbosity=0");
  expect(migrated.exitCode, migrated.output).toBe(0);
}, 600_000);

afterAll(async () => {
  await publisher?.close();
  await platform?.remove();
});

describe("a service that cannot work", () => {
  it.each([
    ["a wrong password", { MQTT_PASSWORD: "not-the-password" }, /refuses user 'django'/],
    ["no password", { MQTT_PASSWORD: "" }, /MQTT_PASSWORD is empty/],
    ["a CA file that is missing", { MQTT_CA_FILE: "none.crt" }, /MQTT_CA_FILE is .*none\.crt.*No such file/],
    [
      "a CA that issued something else",
      { MQTT_CA_FILE: "impostor.crt" },
      /does not hold against MQTT_CA_FILE/,
    ],
  ])("stops at once with exit code 2 and one sentence for %s", async (_, changes, sentence) => {
    await platform.file("impostor.crt", impostorOf(platform.outputs.authority));
    await platform.writeSettings("broken", changes);
    const { exitCode, output } = await new ServiceProcess(platform.workplace("broken"), "--ssl").ended();
    const told = output.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
    expect(told, output).toHaveLength(1);
    expect(told[0]).toMatch(sentence);
    expect(exitCode).toBe(2);
    expect(output).not.toContain("Traceback");
    expectNoSecret(output);
  });

  it("stops where another service uses its client id, and that one goes on", async () => {
    await platform.writeSettings("twin");
    const first = new ServiceProcess(platform.workplace("twin"), "--ssl");
    await first.logged("connected");
    const second = new ServiceProcess(platform.workplace("twin"), "--ssl");
    const { exitCode, output } = await Promise.race([first.ended(), second.ended()]);
    expect(output).toContain("Another client uses the client id 'twin' too");
    expect(exitCode).toBe(2);
    const stopped = await Promise.all([first.stop(), second.stop()]);
    expect(stopped.map((end) => end.exitCode).sort()).toEqual([0, 2]);
  });
});

describe("a service that waits for its broker", () => {
  it("connects when its settings name one that is there, without a restart, and ends at SIGTERM", async () => {
    await platform.writeSettings("early", { MQTT_SSL_PORT: 9 });
    const service = new ServiceProcess(platform.workplace("early"), "--ssl");
    await service.logged("waiting", { reason: "[Errno 111] Connection refused" });
    const health = await manage(platform.workplace("early"), "mqtt_health");
    expect(health.output).toContain("is not connected to the broker");
    expect(health.exitCode).toBe(1);
    await platform.writeSettings("early");
    await service.logged("connected");
    await expect
      .poll(async () => (await manage(platform.workplace("early"), "mqtt_health")).exitCode)
      .toBe(0);
    const started = performance.now();
    expect((await service.stop()).exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("stores in SQLite where no PostgreSQL is named", async () => {
    const sqlite = { POSTGRES_DB: "", SQLITE_FILE: await platform.file("example.sqlite3") };
    await platform.writeSettings("embedded");
    const place = platform.workplace("embedded", sqlite);
    const service = new ServiceProcess(place);
    expect((await service.ended()).output).toContain("run `python manage.py migrate`");
    await manage(place, "migrate", "--verbosity=0");
    const migrated = new ServiceProcess(place);
    await migrated.logged("connected", { tls: false });
    await publisher.publish({ topic: "naboom/alerts/embedded", count: 500, ids: false });
    await expect.poll(() => figure(place, "stored"), { timeout: 60_000, interval: 1_000 }).toBe(500);
    expect((await migrated.stop()).exitCode).toBe(0);
  });
});

describe("the outbox", () => {
  it("keeps what is published while the broker is away, and sends it once it is back, in order", async () => {
    await platform.writeSettings("sender");
    const service = new ServiceProcess(platform.workplace("sender"), "--ssl");
    await service.logged("connected");
    const { received, close } = await listen(platform.outputs, "publisher", "naboom/notifications/outbox");
    await platform.docker("stop");
    await service.logged("waiting");
    const code = [
      "from messaging.outbox import publish",
      "for number in range(200): publish('naboom/notifications/outbox', {'number': number})",
      "publish('naboom/elsewhere', 'no right to')",
    ].join("\n");
    const published = await manage(platform.workplace("sender"), "shell", "--verbosity=0", "-c", code);
    expect(published.exitCode, published.output).toBe(0);
    await platform.postgres.query(
      "INSERT INTO messaging_outboxmessage (topic, payload) VALUES ('naboom/notifications/outbox', 'by SQL')",
    );
    expect(await figure(platform.workplace("sender"), "outbox_pending")).toBe(202);
    await platform.docker("start");
    const expected = [...Array.from({ length: 200 }, (_, number) => `{"number": ${number}}`), "by SQL"];
    await expect.poll(() => received, { timeout: 60_000 }).toEqual(expected);
    await service.logged("refused", { topic: "naboom/elsewhere", reason: "not authorized" });
    expect(await figure(platform.workplace("sender"), "outbox_pending")).toBe(0);
    expect(await figure(platform.workplace("sender"), "outbox_refused")).toBe(1);
    expect((await service.stop()).exitCode).toBe(0);
    await close();
  });
});

describe("messages without an id", () => {
  it("are stored once each, though the service is killed again and again between storing and acknowledging", async () => {
    await platform.writeSettings("killed");
    const place = platform.workplace("killed", { DJANGO_LOG_LEVEL: "DEBUG" });
    const first = new ServiceProcess(place, "--ssl");
    await first.logged("connected");
    await first.stop();
    const topic = "naboom/system/killed";
    await publisher.publish({ topic, count: 5_000, ids: false });
    let known = 0;
    for (let round = 0; round < 8; round += 1) {
      const service = new ServiceProcess(place, "--ssl");
      await service.logged("stored");
      await service.stop("SIGKILL");
      for (const { before } of service.events) known += Number(before ?? 0);
    }
    const last = new ServiceProcess(place, "--ssl");
    await expect.poll(() => stored(topic), { timeout: 60_000, interval: 500 }).toBe("5000|5000");
    await sleep(1_000);
    expect(await stored(topic)).toBe("5000|5000");
    expect((await last.stop()).exitCode).toBe(0);
    for (const { before } of last.events) known += Number(before ?? 0);
    // Otherwise no kill hit that moment, and nothing was proved.
    expect(known).toBeGreaterThan(0);
  });
});

describe("10,000 messages", () => {
  it("are stored once each, whatever is killed, restarted and rotated meanwhile", async () => {
    const topic = "naboom/community/great";
    await platform.writeSettings();
    let service = new ServiceProcess(platform.workplace(), "--ssl");
    await service.logged("connected");
    const published = publisher.publish({ topic, count: MESSAGES, ids: true, rate: RATE });
    await sleep(1_000);
    await service.stop("SIGKILL");
    service = new ServiceProcess(platform.workplace(), "--ssl");
    await service.logged("connected", { session_present: true });
    await sleep(1_000);
    expect((await service.stop()).exitCode).toBe(0);
    service = new ServiceProcess(platform.workplace(), "--ssl");
    await service.logged("connected", { session_present: true });

    await platform.postgres.crash();
    await service.logged("database away");
    await sleep(1_000);
    await platform.postgres.resume();
    await service.logged("database back");

    let seen = service.events.length;
    await platform.docker("restart");
    await service.logged("connected", { session_present: true }, seen);

    await platform.rotate({ generation: 2 });
    await platform.writeSettings();
    await service.logged("connected", { username: "django-b", session_present: true });

    const both = { authorityGeneration: 2, authorityInForce: 1, serverGeneration: 2 };
    for (const to of [
      { certificates: both },
      { retired: 1, certificates: { ...both, authorityInForce: 2 } },
    ]) {
      seen = service.events.length;
      await platform.rotate(to);
      await platform.writeSettings();
      await service.logged("connected", { username: "django-b", session_present: true }, seen);
    }

    publisher.hurry();
    await published;
    const expected = `${MESSAGES}|${MESSAGES}`;
    await expect.poll(() => stored(topic), { timeout: 120_000, interval: 500 }).toBe(expected);
    const { exitCode, output } = await service.stop();
    expect(exitCode, output).toBe(0);
    expect(await stored(topic)).toBe(expected);
    expectNoSecret(output);
  }, 600_000);
});

describe("a listener that asks for a certificate besides the password", () => {
  it("is used with MQTT_CERTIFICATE_FILE and MQTT_KEY_FILE, and not without", async () => {
    await platform.writeSettings("certified");
    const service = new ServiceProcess(platform.workplace("certified"), "--ssl");
    await service.logged("connected");
    await platform.rotate({ clientCertificates: { mqtts: "besides-password" } });
    await service.logged("waiting", {}, service.events.length);
    const { certificate = "", key = "" } = platform.outputs.credentials.django?.clientCertificate ?? {};
    await platform.file("client.crt", certificate);
    await platform.file("client.key", key);
    const seen = service.events.length;
    const files = { MQTT_CERTIFICATE_FILE: "client.crt", MQTT_KEY_FILE: "client.key" };
    await platform.writeSettings("certified", files);
    await service.logged("connected", { session_present: true }, seen);
    expect((await service.stop()).exitCode).toBe(0);
  });
});

// It comes last: what the commands rotate, the platform does not know of.
describe("a service that runs while its broker is updated, proved and rotated", () => {
  it("stores no message that is not its own, and goes on storing those", async () => {
    await platform.writeSettings("undisturbed");
    const service = new ServiceProcess(platform.workplace("undisturbed"));
    await service.logged("connected");
    const commands = await platform.commands();
    onTestFinished(() => commands.remove());
    const topic = "naboom/alerts/own";
    const others = `SELECT count(*) FROM messaging_message WHERE topic <> '${topic}'`;
    const before = await platform.postgres.query(others);
    let own = 0;
    for (const command of ["up", "smoke", "rotate users publisher"]) {
      const [name = "", ...args] = command.split(" ");
      const { exitCode, output } = await commands.run(name, ...args);
      expect(exitCode, output).toBe(0);
      const sender = await Publisher.connect(await commands.outputs(), "publisher");
      await sender.publish({ topic, count: 1, ids: false });
      await sender.close();
      own += 1;
      // Messages are stored in their order: once its own is there, so is all that came before.
      await expect.poll(() => stored(topic), { timeout: 10_000 }).toBe(`${own}|1`);
      expect(await platform.postgres.query(others), `rows of others after ${command}`).toBe(before);
    }
    const { exitCode, output } = await service.stop();
    expect(exitCode, output).toBe(0);
    expect(service.events.filter(({ event }) => event === "connected")).toHaveLength(1);
  });
});

/** How many messages of a topic are stored, and how many different ones. */
function stored(topic: string): Promise<string> {
  return platform.postgres.query(
    `SELECT count(*), count(DISTINCT payload) FROM messaging_message WHERE topic = '${topic}'`,
  );
}

/** A figure of `manage.py mqtt_health`. */
async function figure(place: Parameters<typeof manage>[0], name: string): Promise<unknown> {
  const { output } = await manage(place, "mqtt_health", "--json");
  return JSON.parse(output)[name];
}

function expectNoSecret(output: string): void {
  expect(platform.passwords.size).toBeGreaterThan(1);
  for (const password of [...platform.passwords, "not-the-password"]) expect(output).not.toContain(password);
}
