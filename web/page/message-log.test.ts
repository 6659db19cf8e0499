import { describe, expect, test } from "vitest";
import { type Message, messageFrom } from "./message.ts";
import { MessageLog } from "./message-log.ts";

function retained(topic: string, lifetime?: number, payload = "on"): Message {
  const properties = lifetime === undefined ? {} : { messageExpiryInterval: lifetime };
  const packet = { cmd: "publish", qos: 1, dup: false, retain: true, topic, payload, properties } as const;
  return messageFrom(packet, 1, 1_000_000);
}

describe("retained messages", () => {
  test("expire after the seconds that the broker gives, and the log tells when the next one does", () => {
    const log = new MessageLog();
    for (const message of [retained("a", 10), retained("b", 2), retained("c")]) log.add(message);
    const topics = () => log.retained("").map(({ topic }) => topic);
    expect(log.expire(1_001_999)).toBe(1_002_000);
    expect(topics()).toEqual(["a", "b", "c"]);
    expect(log.expire(1_002_000)).toBe(1_010_000);
    expect(topics()).toEqual(["a", "c"]);
    expect(log.expire(1_010_000)).toBe(Number.POSITIVE_INFINITY);
    expect(topics()).toEqual(["c"]);
    expect(log.count).toBe(3);
  });

  test("live as long as their last one: what replaces another has an expiry of its own", () => {
    const log = new MessageLog();
    for (const message of [retained("a", 2), retained("a")]) log.add(message);
    expect(log.expire(1_002_000)).toBe(Number.POSITIVE_INFINITY);
    expect(log.retainedCount).toBe(1);
    log.add(retained("a", undefined, ""));
    expect(log.retainedCount).toBe(0);
  });

  test("are forgotten at a new connection, and their bytes with them", () => {
    const log = new MessageLog();
    const large = "x".repeat(10_000_000);
    log.add(retained("a", 5, large));
    log.add(retained("b", undefined, large));
    expect(log.forgotten).toBe(1);
    log.forgetRetained();
    expect([log.retainedCount, log.forgotten]).toEqual([0, 0]);
    expect(log.expire(1_005_000)).toBe(Number.POSITIVE_INFINITY);
    log.add(retained("b", undefined, large));
    expect([log.retainedCount, log.forgotten]).toEqual([1, 0]);
  });
});
