import { once } from "node:events";
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { dueBy } from "../delivery-record.ts";
import type { BystanderOrder, BystanderReport } from "./bystander.ts";
import { sumUp } from "./latency.ts";

// The bystander: a publisher and a subscriber with a session, both well-behaved, in a process of their own so that
// what the abuse costs its own process is no latency of theirs. Told "mark" it reports, told "finish" it ends.

const TOPIC = "bystander/messages";
const BYTES = 64;
const PER_SECOND = 100;

/** Large messages that nobody reads: the first for which a broker that is short of memory has none. */
const LARGE_TOPIC = "bystander/large";
const LARGE = Buffer.alloc(200_000, 0x2e);
const LARGE_PER_SECOND = 5;

/** Milliseconds that messages may take in the end. */
const PATIENCE = 20_000;

const input = createInterface({ input: stdin });
const [line] = await once(input, "line");
const order: BystanderOrder = JSON.parse(line);

const subscriber = connect({ clientId: "bystander-subscriber", clean: false });
const publisher = connect({ clientId: "bystander-publisher", clean: true });
const received = new Set<number>();
const acknowledged = new Set<number>();
const large = connect({ clientId: "bystander-large", clean: true });
let sent = 0;
let waits: number[] = [];
let cutOff = 0;

subscriber.on("message", (_, payload) => {
  received.add(payload.readUInt32BE(8));
  waits.push(performance.now() - payload.readDoubleBE());
});
for (const client of [publisher, subscriber, large]) client.on("close", () => (cutOff += 1));
await subscriber.subscribeAsync(TOPIC, { qos: 1 });

const started = performance.now();
const timers = [
  setInterval(publishDue, 1_000 / PER_SECOND),
  setInterval(() => large.publish(LARGE_TOPIC, LARGE, { qos: 1 }), 1_000 / LARGE_PER_SECOND),
];
report();

for await (const command of input) {
  if (command === "finish") break;
  report();
}
for (const timer of timers) clearInterval(timer);
for (let waited = 0; waited < PATIENCE && lost() > 0; waited += 50) await sleep(50);
report();
publisher.end(true);
subscriber.end(true);
large.end(true);
input.close();

/** The time that a message was due counts, so that a wait before it is sent is one too. */
function publishDue(): void {
  const due = dueBy(performance.now() - started, PER_SECOND);
  for (; sent < due; sent += 1) {
    const number = sent;
    const payload = Buffer.alloc(BYTES);
    payload.writeDoubleBE(started + (number * 1_000) / PER_SECOND);
    payload.writeUInt32BE(number, 8);
    publisher.publish(TOPIC, payload, { qos: 1 }, (error) => error ?? acknowledged.add(number));
  }
}

function lost(): number {
  return sent - received.size;
}

function report(): void {
  const report: BystanderReport = {
    sent,
    acknowledged: acknowledged.size,
    received: received.size,
    cutOff,
    latency: sumUp(waits),
  };
  waits = [];
  cutOff = 0;
  stdout.write(`${JSON.stringify(report)}\n`);
}

function connect(options: IClientOptions): MqttClient {
  return mqtt.connect({
    protocol: "mqtts",
    host: "127.0.0.1",
    servername: "localhost",
    port: order.port,
    ca: order.authority,
    username: order.username,
    password: order.password,
    protocolVersion: 4,
    reconnectPeriod: 200,
    ...options,
  });
}
