import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, expect, inject, it } from "vitest";
import { imageVariable } from "../../infra/image.ts";
import { layout } from "../../mosquitto/layout.ts";
import { startScript } from "../../mosquitto/start.ts";
import { readStorage, storageScript } from "../../mosquitto/storage.ts";
import { AttackClient } from "../abuse/attack-client.ts";
import { TrialBroker, type TrialBrokerOptions } from "../abuse/trial-broker.ts";
import { PlainClient } from "./plain-client.ts";
import { Subscriber } from "./subscriber.ts";

const image = inject("workbench").environment[imageVariable] ?? "";

const leftovers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

async function start(options: Partial<TrialBrokerOptions> = {}): Promise<TrialBroker> {
  const broker = await TrialBroker.start({ image, ...options });
  leftovers.push(() => broker.remove());
  return broker;
}

/** A volume that is removed at the end; `options` are those of `docker volume create`. */
async function volume(...options: readonly string[]): Promise<string> {
  const name = `naboom-mqtt-durability-${randomBytes(3).toString("hex")}`;
  await execa("docker", ["volume", "create", ...options, name]);
  leftovers.push(() => execa("docker", ["volume", "rm", "--force", name], { reject: false }));
  return name;
}

/** Publishes one message after the other; gives what was acknowledged, until a connection ends or so many were sent. */
async function publish(broker: TrialBroker, texts: readonly string[], retain = false): Promise<string[]> {
  const acknowledged: string[] = [];
  const clientId = `publisher-${randomBytes(3).toString("hex")}`;
  let heard = () => {};
  const client = await PlainClient.connect(broker, { clientId, clean: true }, () => heard());
  for (const [place, text] of texts.entries()) {
    const answer = new Promise<boolean>((resolve) => {
      heard = () => resolve(true);
      setTimeout(() => resolve(false), 1_500);
    });
    const topic = `bystander/${retain ? `state/${place}` : "events"}`;
    client.send({ cmd: "publish", messageId: place + 1, topic, payload: text, qos: 1, retain, dup: false });
    if (!(await answer) || client.closed) break;
    acknowledged.push(text);
  }
  client.drop();
  return acknowledged;
}

/** A session whose client is away. */
async function absentSession(broker: TrialBroker, clientId: string): Promise<void> {
  const subscriber = new Subscriber(broker, clientId);
  await subscriber.connect();
  await subscriber.subscribe("bystander/events/#");
  await subscriber.leave();
}

/** What a session is given when its client comes back. */
async function messagesOf(broker: TrialBroker, clientId: string): Promise<readonly string[]> {
  const subscriber = new Subscriber(broker, clientId);
  expect(await subscriber.connect(), `the session of ${clientId} is there`).toBe(true);
  await subscriber.drain();
  await subscriber.leave();
  return [...subscriber.delivered.keys()];
}

/** A disk of so many megabytes in memory, which is kept while no broker uses it by a container that does nothing. */
async function smallDisk(megabytes: number): Promise<string> {
  const options = ["--driver=local", "--opt=type=tmpfs", "--opt=device=tmpfs"];
  const name = await volume(...options, `--opt=o=size=${megabytes}m,uid=${layout.owner},gid=${layout.owner}`);
  const holder = [
    "run",
    "--detach",
    "--rm",
    "--network=none",
    "--volume",
    `${name}:/held`,
    "--entrypoint=sleep",
  ];
  const { stdout } = await execa("docker", [...holder, image, "600"]);
  leftovers.push(() => execa("docker", ["rm", "--force", stdout.trim()], { reject: false }));
  return name;
}

async function retainedMessages(broker: TrialBroker): Promise<readonly string[]> {
  const reader = new Subscriber(broker, `reader-${randomBytes(3).toString("hex")}`);
  await reader.connect();
  await reader.subscribe("bystander/state/#");
  await reader.drain();
  await reader.leave();
  return [...reader.delivered.keys()];
}

const numbered = (word: string, count: number, size = 0) =>
  Array.from({ length: count }, (_, number) => `${word} ${number} ${"x".repeat(size)}`);

it("a full disk refuses messages, loses none that was acknowledged, and takes them again once there is room", async () => {
  const data = await smallDisk(40);
  const broker = await start({ data });
  await absentSession(broker, "absent");
  const before = await publish(broker, numbered("before", 50, 100));
  expect(before).toHaveLength(50);

  await broker.run(`dd if=/dev/zero of=${layout.data}/ballast bs=1M count=100 2>/dev/null || true`);
  const during = await publish(broker, numbered("during", 2_000, 20_000));
  expect(during.length).toBeLessThan(2_000);
  expect(await broker.isRunning()).toBe(true);
  await sleep(1_500);
  expect(await broker.log()).toMatch(
    /Error: Messages that have to be stored are refused until there is room/,
  );
  expect(readStorage(await broker.run(storageScript))?.free).toBeLessThan(16_777_216);

  await broker.run(`rm ${layout.data}/ballast`);
  await sleep(2_500);
  const after = await publish(broker, numbered("after", 50, 100));
  expect(after).toHaveLength(50);
  expect(await broker.log()).toMatch(/Messages are stored again; \d+ were refused/);
  await broker.kill();
  await broker.restart();
  expect(await messagesOf(broker, "absent")).toEqual(
    expect.arrayContaining([...before, ...during, ...after]),
  );
});

it("a damaged database is set aside, what can be saved of it is saved, and that is said until somebody has seen it", async () => {
  const broker = await start();
  await absentSession(broker, "absent");
  const retained = await publish(broker, numbered("state", 400, 300), true);
  expect(await publish(broker, numbered("event", 20))).toHaveLength(20);
  await broker.stop();
  await damage(broker);

  await broker.restart();
  const log = await broker.log();
  expect(log).toMatch(/Error: the database is damaged \(.+\)\./);
  expect(log).toMatch(
    /Error: a damaged database is in \/mosquitto\/data\/damaged-\S+: .+; saved were [1-9]\d* retained/,
  );
  const [found] = readStorage(await broker.run(storageScript))?.damaged ?? [];
  expect(found?.report).toMatch(/saved were [1-9]\d* retained messages, \d+ sessions/);
  const saved = await retainedMessages(broker);
  expect(saved.length).toBeGreaterThan(200);
  expect(retained).toEqual(expect.arrayContaining([...saved]));

  await broker.kill();
  await broker.restart();
  expect(readStorage(await broker.run(storageScript))?.damaged).toHaveLength(1);
  await broker.run(`mv ${found?.folder} ${found?.folder.replace("damaged-", "seen-")}`);
  expect(readStorage(await broker.run(storageScript))?.damaged).toEqual([]);
});

/** Overwrites a page in the middle of the database, whose broker has ended. */
async function damage(broker: TrialBroker): Promise<void> {
  const file = `${layout.data}/mosquitto.sqlite3`;
  const script = `pages=$(($(stat -c %s ${file}) / 4096)); dd if=/dev/urandom of=${file} bs=4096 seek=$((pages / 2)) count=1 conv=notrunc 2>/dev/null`;
  const args = ["run", "--rm", "--network=none", "--user=1883", `--volumes-from=${broker.container}`];
  await execa("docker", [...args, "--entrypoint=/bin/sh", image, "-c", script.replace("dd ", "busybox dd ")]);
}

it("a snapshot of a broker without a database is taken over, and its messages outlive a kill right after", async () => {
  const data = await volume();
  const earlier = await start({ data, configuration: withSnapshots });
  await absentSession(earlier, "absent");
  await publish(earlier, numbered("state", 100), true);
  await publish(earlier, numbered("event", 100));
  await earlier.stop();

  const broker = await start({ data });
  expect(await broker.log()).toMatch(/The snapshot .*mosquitto\.db was taken over into/);
  await broker.kill();
  await broker.restart();
  expect(await messagesOf(broker, "absent")).toEqual(numbered("event", 100));
  expect(new Set(await retainedMessages(broker))).toEqual(new Set(numbered("state", 100)));
});

/** As a stack of before the database was configured. */
function withSnapshots(configuration: string): string {
  return configuration.replace(
    /^global_plugin .*\nplugin_opt_flush_period .*\nplugin_opt_sync .*\n/m,
    "persistence true\n",
  );
}

it("a broker whose volume can't be written says so, and does not start without its messages", async () => {
  const data = await volume();
  const run = ["run", "--rm", "--network=none", "--user=1883:1883", `--volume=${data}:${layout.data}:ro`];
  const command = ["--entrypoint=/bin/sh", image, "-c", startScript, "start"];
  const { exitCode, stderr } = await execa("docker", [...run, ...command], { reject: false });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Error: the volume of messages and sessions, \/mosquitto\/data, can't be written\./);
});

it("a password with a NUL and more behind it is refused", async () => {
  const broker = await start();
  const { password } = broker.accounts.abuser;
  const given = [password, `${password}\0more`, `${password}\0`];
  const answers = await Promise.all(
    given.map((each, place) => AttackClient.connect(broker, { clientId: `log-in-${place}`, password: each })),
  );
  expect(answers.map(({ client, code }) => (client === undefined ? code : 0))).toEqual([0, 5, 5]);
});
