import { describe, expect, it } from "vitest";
import { BrokerLog, type LogEvent } from "./broker-log.ts";

const AT = "2026-11-24T14:02:19+0000";

function logIn(clientId: string, account: string, more = "c1"): string {
  return `${AT}: New client connected from 172.24.0.1:53946 as ${clientId} (p5, ${more}, k60, u'${account}').`;
}

function read(...lines: readonly string[]): {
  readonly log: BrokerLog;
  readonly events: readonly LogEvent[];
} {
  const log = new BrokerLog();
  return { log, events: lines.map((line) => log.read(line)).filter((event) => event !== undefined) };
}

describe("the broker's log", () => {
  it("tells who logged in, when, and whether a kept session may go on", () => {
    const { events } = read(logIn("panel 1", "web"), logIn("sensor", "sensor-b", "c0"));
    const at = "2026-11-24T14:02:19.000Z";
    expect(events).toEqual([
      { kind: "log-in", at, account: "web", clientId: "panel 1", resumes: false },
      { kind: "log-in", at, account: "sensor-b", clientId: "sensor", resumes: true },
    ]);
  });

  it("tells who subscribed to what, whatever spaces are in the client id and in the filter", () => {
    const { events } = read(logIn("panel 0 1", "web"), `${AT}: panel 0 1 2 naboom/living 0 room/+`);
    expect(events[1]).toMatchObject({
      account: "web",
      clientId: "panel 0 1",
      filter: "naboom/living 0 room/+",
    });
    expect(read(logIn("panel 0", "web"), `${AT}: panel 0 1 a`).events[1]).toMatchObject({ filter: "a" });
  });

  it("takes a client id that looks like a log-in for the client id that it is", () => {
    const { events } = read(logIn("x (p5, c1, k60, u'admin').", "mallory"));
    expect(events).toEqual([expect.objectContaining({ account: "mallory" })]);
    expect(read(`${AT}: Client New client connected from 1:1 as x (p5, c1, k60, u'admin').`).events).toEqual(
      [],
    );
  });

  it("takes no other line for a subscription", () => {
    const others = [
      "Client sensor [172.24.0.1:53946] disconnected.",
      "Saving in-memory database to /mosquitto/data//mosquitto.db.",
      "stranger 0 naboom/#",
      "sensor 3 naboom/#",
    ];
    const { events } = read(logIn("sensor", "sensor"), ...others.map((text) => `${AT}: ${text}`));
    expect(events).toHaveLength(1);
  });

  it("passes over a line that was cut, since its end is not known", () => {
    const line = `${AT}: sensor 0 ${"a/".repeat(600)}`;
    expect(read(logIn("sensor", "sensor"), line.slice(0, 999)).events).toHaveLength(1);
    expect(read(logIn("sensor", "sensor"), line.slice(0, 998)).events).toHaveLength(2);
  });

  it("knows when it began, and whether that was the broker's start", () => {
    const start = read(`${AT}: mosquitto version 2.1.2 starting`, logIn("a", "web")).log;
    expect([start.began, start.isWhole]).toEqual(["2026-11-24T14:02:19.000Z", true]);
    expect(read(logIn("a", "web")).log.isWhole).toBe(false);
    expect(read().log.began).toBeUndefined();
    expect(read("Error: no timestamp yet", logIn("a", "web")).log.began).toBe("2026-11-24T14:02:19.000Z");
  });

  it("gives the account that a client id was used with last", () => {
    const { events } = read(logIn("panel", "web"), logIn("panel", "web-b"), `${AT}: panel 1 naboom/#`);
    expect(events[2]).toMatchObject({ account: "web-b" });
  });
});
