import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSettings } from "./settings.ts";

const project = "naboom-mqtt";
const owner = { project, stack: "dev" };

function faultsOf(settings: Readonly<Record<string, unknown>>): string[] {
  const parsed = parseSettings(raw(settings), owner);
  return parsed.success ? [] : parsed.faults;
}

function raw(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(settings).map(([key, value]) => [
    `${project}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(entries);
}

describe("a stack's settings", () => {
  it("are complete where the config says nothing", () => {
    const parsed = parseSettings({}, owner);
    expect(parsed).toMatchObject({
      success: true,
      data: {
        bindAddress: "127.0.0.1",
        listeners: { mqtt: { port: 1883 }, mqtts: { port: 8883 }, ws: { port: 8083 }, wss: { port: 8884 } },
        users: { "naboom-mqtt": { rules: [{ access: "readwrite", filter: "naboom/#" }] } },
        passwords: { length: 40, iterations: 101 },
        certificates: { names: ["localhost", "127.0.0.1", "::1"] },
      },
    });
  });

  it("leave other projects' config alone", () => {
    expect(parseSettings({ "docker:host": "unix:///x" }, owner).success).toBe(true);
  });

  it.each([
    [{ nope: 1 }, "naboom-mqtt:nope is unknown", "config rm --path 'naboom-mqtt:nope'"],
    [
      { listeners: { mqtt: { port: 0 } } },
      "listeners.mqtt.port is 0: a port is a whole",
      "listeners.mqtt.port' 1883",
    ],
    [{ listeners: { ws: { port: 65_536 } } }, "is 65536", "1 to 65535"],
    [
      { listeners: { ws: { port: 1883 } } },
      "listeners.ws.port is 1883",
      "another listener has this port already",
    ],
    [{ users: {} }, "users is {}", "there is at least one user"],
    [{ users: { "a:b": { read: ["x"] } } }, 'users["a:b"]', "a user name has 1 to 64"],
    [{ users: { "a\nb": { read: ["x"] } } }, 'users["a\\nb"]', "a user name has"],
    [{ users: { "a+": { read: ["x"] } } }, 'users["a+"]', "a user name has"],
    [{ users: { "a#": { read: ["x"] } } }, 'users["a#"]', "a user name has"],
    [{ users: { healthcheck: { read: ["x"] } } }, "users.healthcheck", "taken by the broker's own"],
    [{ users: { a: {} } }, "users.a is {}", "at least one right"],
    [{ users: { a: { read: ["a#"] } } }, 'users.a.read[0] is "a#"', "`#` fills a whole level"],
    [
      { users: { a: { read: ["a"], reed: ["a"] } } },
      "users.a.reed is unknown",
      "read, write, readwrite, deny",
    ],
    [{ certificates: { serverDays: -1 } }, "serverDays is -1", "from 1 to 36500"],
    [
      { certificates: { authorityDays: 10, serverDays: 11 } },
      "serverDays is 11",
      "no later than its authority's",
    ],
    [{ certificates: { names: ["not one"] } }, 'names[0] is "not one"', "a DNS name or an IP address"],
    [{ certificates: { names: ["300.1.1.1"] } }, 'names[0] is "300.1.1.1"', "a DNS name or an IP address"],
    [{ bindAddress: "here" }, 'bindAddress is "here"', "an IPv4 or IPv6 address"],
    [{ passwords: { length: 31 } }, "passwords.length is 31", "from 32 to 128"],
    [{ limits: "many" }, 'limits is "many"', "a set of keys and values"],
  ])("may not be %j", (settings, ...parts) => {
    const faults = faultsOf(settings);
    expect(faults).toHaveLength(1);
    for (const part of parts) expect(faults[0]).toContain(part);
  });

  it("have every mistake named at once", () => {
    const faults = faultsOf({
      listeners: { mqtt: { port: "x" }, ws: { port: 8883 }, extra: {} },
      users: { "a:b": { read: ["a#", "+b"] } },
      certificates: { names: [] },
      nope: true,
    });
    expect(faults).toHaveLength(8);
  });

  it("never let a user name through that could end a line or a field of the broker's files", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
        fc.pre(/[:\s/+#\p{C}]/u.test(name));
        expect(faultsOf({ users: { [name]: { read: ["a"] } } })).not.toEqual([]);
      }),
    );
  });
});
