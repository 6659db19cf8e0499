import { describe, expect, it } from "vitest";
import { BrokerLog } from "../mosquitto/broker-log.ts";
import { type AccessUse, AccessUseRecord } from "./access-use.ts";
import { sampleSettings } from "./sample-settings.ts";

const policy = sampleSettings({
  users: {
    web: { read: ["naboom/community/#", "naboom/alerts"], write: ["naboom/community/chat"] },
    fleet: { readwrite: ["naboom/fleet/#"], rotation: "overlap" },
    idle: { read: ["naboom/#"] },
  },
  patterns: { read: ["naboom/devices/%c"] },
});

function at(minute: number): string {
  return `2026-11-24T14:${minute}:00+0000`;
}

function logIn(minute: number, clientId: string, account: string, cleanStart = 1): string {
  return `${at(minute)}: New client connected from 10.0.0.1:5 as ${clientId} (p5, c${cleanStart}, k60, u'${account}').`;
}

function useOf(...lines: readonly string[]): AccessUse {
  const [log, record] = [new BrokerLog(), new AccessUseRecord(policy)];
  for (const line of lines) {
    const event = log.read(line);
    if (event !== undefined) record.add(event);
  }
  return record.result(log) ?? expect.fail("the log has no line");
}

function subscribed({ subscriptions }: AccessUse): Readonly<Record<string, string>> {
  return Object.fromEntries([...subscriptions].map(([{ filter }, time]) => [filter, time.slice(11, 16)]));
}

describe("what the log knows of a policy's use", () => {
  it("is when each user logged in last, by whatever account", () => {
    const lines = [
      logIn(10, "a", "web"),
      logIn(11, "b", "fleet-b", 0),
      logIn(12, "c", "web"),
      logIn(13, "d", "gone"),
    ];
    const use = useOf(...lines);
    expect(use.logIns).toEqual(
      new Map([
        ["web", "2026-11-24T14:12:00.000Z"],
        ["fleet", "2026-11-24T14:11:00.000Z"],
      ]),
    );
    expect([...use.resuming]).toEqual(["fleet"]);
  });

  it("is what was subscribed to of each of the user's own rules", () => {
    const use = useOf(
      logIn(10, "a", "web"),
      `${at(11)}: a 1 naboom/community/+`,
      `${at(12)}: a 0 naboom/fleet/1`,
    );
    expect(subscribed(use)).toEqual({ "naboom/community/#": "14:11" });
  });

  it("sees through shared subscriptions, and takes a wildcard for all that it takes in", () => {
    const shared = useOf(logIn(10, "a", "fleet"), `${at(11)}: a 1 $share/workers/naboom/fleet/jobs`);
    expect(subscribed(shared)).toEqual({ "naboom/fleet/#": "14:11" });
    const all = useOf(logIn(10, "door", "web"), `${at(11)}: door 1 #`);
    expect(Object.keys(subscribed(all))).toEqual([
      "naboom/community/#",
      "naboom/alerts",
      "naboom/devices/%c",
    ]);
  });

  it("counts a pattern for the client's own id only", () => {
    expect(subscribed(useOf(logIn(10, "door", "web"), `${at(11)}: door 1 naboom/devices/door`))).toEqual({
      "naboom/devices/%c": "14:11",
    });
    expect(subscribed(useOf(logIn(10, "door", "web"), `${at(11)}: door 1 naboom/devices/lamp`))).toEqual({});
    expect(subscribed(useOf(logIn(10, "a+b", "web"), `${at(11)}: a+b 1 naboom/devices/#`))).toEqual({});
  });

  it("is none of the healthcheck or of the smoke tests", () => {
    const use = useOf(
      logIn(10, "E2B42A21", "healthcheck"),
      logIn(10, "smoke-0123456789ab", "web"),
      `${at(11)}: smoke-0123456789ab 0 naboom/community/x`,
    );
    expect([use.logIns.size, use.subscriptions.size]).toEqual([0, 0]);
  });

  it("is not known of an empty log", () => {
    expect(new AccessUseRecord(policy).result(new BrokerLog())).toBeUndefined();
  });
});
