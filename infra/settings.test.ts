import { describe, expect, it } from "vitest";
import { faultsOf, owner, raw } from "./sample-faults.ts";
import { parseSettings } from "./settings.ts";

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
    [{ nope: 1 }, "naboom-mqtt:nope is unknown; known here: image, ", "to mend it: edit Pulumi.dev.yaml"],
    [
      { user: {} },
      "naboom-mqtt:user is unknown; write users instead of user; to mend it: edit Pulumi.dev.yaml",
    ],
    [
      { users: { a: { read: ["x"], listenrs: ["mqtts"] } } },
      "naboom-mqtt:users.a.listenrs is unknown; write listeners instead of listenrs; to mend it: edit Pulumi.dev.yaml",
    ],
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
    [{ users: null }, "users is null", "a set of keys and values"],
    [{ listeners: null }, "listeners is null", "a set of keys and values"],
    [{ users: { "a:b": { read: ["x"] } } }, 'users["a:b"]', "a user name has 1 to 64"],
    [{ users: { "a\nb": { read: ["x"] } } }, 'users["a\\nb"]', "a user name has"],
    [{ users: { "a+": { read: ["x"] } } }, 'users["a+"]', "a user name has"],
    [{ users: { "a#": { read: ["x"] } } }, 'users["a#"]', "a user name has"],
    [{ users: { healthcheck: { read: ["x"] } } }, "users.healthcheck", "taken by the broker's own"],
    [{ users: { a: {} } }, "users.a is {}", "at least one right"],
    [{ users: { a: { read: ["a#"] } } }, 'users.a.read[0] is "a#"', "`#` fills a whole level"],
    [
      { users: { a: { read: ["a"], reed: ["a"] } } },
      "users.a.reed is unknown; write read instead of reed;",
      "edit Pulumi.dev.yaml",
    ],
    [
      { users: { a: { read: ["a"], colour: ["a"] } } },
      "users.a.colour is unknown; known here: ",
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
    [{ users: { a: { read: ["+a"] } } }, 'read[0] is "+a"', "`+` fills a whole level"],
    [{ users: { a: { read: ["a/#/b"] } } }, 'read[0] is "a/#/b"', "`#` stands at the end only"],
    [{ users: { a: { read: [""] } } }, 'read[0] is ""', "at least one character"],
    [{ users: { a: { read: ["a\0b"] } } }, "read[0] is", "no control characters"],
    [{ users: { a: { read: ["ä".repeat(32_768)] } } }, "read[0] is", "at most 65,535 bytes"],
    [{ users: { a: { read: ["a\ud800"] } } }, "read[0] is", "well-formed Unicode"],
    [{ users: { a: { read: ["a/%u"] } } }, 'users.a.read[0] is "a/%u"', "write it under patterns"],
    [{ users: { a: { deny: ["a/%c"] } } }, 'users.a.deny[0] is "a/%c"', "write it under patterns"],
    [{ users: { a: { patterns: { read: ["a"] } } } }, "patterns.read[0]", "a pattern has %u or %c in it"],
    [{ users: { a: { patterns: { read: ["a/x%u"] } } } }, "patterns.read[0]", "fills a whole level"],
    [
      { users: { a: { patterns: { read: ["a/%c"] } } } },
      "patterns.read[0]",
      "write it under naboom-mqtt:patterns",
    ],
    [{ patterns: { deny: ["a/%c"] } }, "patterns.deny[0]", "cannot deny"],
    [{ users: { a: { write: ["$SYS/#"] } } }, "users.a.write[0]", "nobody write under $SYS"],
    [{ users: { a: { read: ["$share/g/a"] } } }, "users.a.read[0]", "none to $share itself"],
    [
      { users: { a: { roles: ["x"] } } },
      'users.a.roles[0] is "x"',
      "no role of naboom-mqtt:roles, where there is none",
    ],
    [
      { roles: { b: { read: ["b"] } }, users: { a: { read: ["a"], roles: ["x"] } } },
      'users.a.roles[0] is "x"',
      "where there is b",
    ],
    [{ roles: { b: { roles: ["b"] } } }, 'roles.b.roles[0] is "b"', "does not refer to itself", "(b -> b)"],
    [{ roles: { "b c": { read: ["a"] } } }, 'roles["b c"]', "a role's name has 1 to 64"],
    [
      { users: { a: { read: ["a"], deny: ["a"] } } },
      'users.a.read[0] is "a"',
      "deny a (its own) contradicts read a (its own); one of the two has to go",
    ],
    [
      { roles: { b: { deny: ["a"] } }, users: { a: { read: ["a"], roles: ["b"] } } },
      'users.a.read[0] is "a"',
      "deny a (role b) contradicts read a (its own)",
    ],
    [{ users: { a: { read: ["a"], listeners: [] } } }, "users.a.listeners is []", "on at least one listener"],
    [
      { users: { a: { read: ["a"], listeners: ["tcp"] } } },
      'listeners[0] is "tcp"',
      "mqtt, mqtts, ws or wss",
    ],
    [
      { users: { web: { read: ["a"] }, Web: { read: ["a"] } } },
      "users.Web is",
      'differs from "web" only by case',
    ],
    [{ users: { web: { read: ["a"] }, ｗeb: { read: ["a"] } } }, "users", 'differs from "web" only'],
    [
      { patterns: { read: ["%u/%c"] }, users: { a: { read: ["a"], rotation: "overlap" } } },
      "users.a.rotation",
      "it is replace here",
    ],
    [
      { clientIds: "own", clientCertificates: { wss: "identity" } },
      'clientIds is "own"',
      "client ids are free",
    ],
    [{ clientIds: "own", patterns: { read: ["%u/%c"] } }, "patterns.read[0] is", "are names of accounts"],
    [{ users: { a: { read: ["a"], connections: 2 } } }, "users.a.connections is 2", "free client ids"],
    [
      {
        clientCertificates: { mqtts: "identity", wss: "identity" },
        users: { a: { read: ["a"], listeners: ["wss"] } },
      },
      'users.a.listeners is ["wss"]',
      "would let it in on mqtts as well",
    ],
    [{ clientCertificates: { revoked: { "a~1": "not hex" } } }, 'revoked["a~1"]', "hexadecimal digits"],
    [{ console: { enabled: true, port: 1883 } }, "console.port is 1883", "the console needs its own"],
  ])("may not be %j", (settings, ...parts) => {
    const faults = faultsOf(settings);
    expect(faults).toHaveLength(1);
    for (const part of parts) expect(faults[0]).toContain(part);
  });

  it("name what is wrong with roles and with rules that contradict beside filters that are none", () => {
    const faults = faultsOf({
      users: { both: { read: ["a#"], roles: ["nosuch"], write: ["z"], deny: ["z"], retired: 3 } },
    }).join("\n");
    expect(faults.split("\n")).toHaveLength(4);
    expect(faults).toContain('users.both.read[0] is "a#"');
    expect(faults).toContain('users.both.roles[0] is "nosuch"');
    expect(faults).toContain("deny z (its own) contradicts write z (its own)");
    expect(faults).toContain("users.both.retired is 3");
  });

  it("name a role's mistakes of every kind at once, too", () => {
    const roles = { one: { read: ["+a"], roles: ["none", "two"] }, two: { roles: ["one"], reed: [] } };
    const faults = faultsOf({ roles }).join("\n");
    expect(faults.split("\n")).toHaveLength(4);
    expect(faults).toContain('roles.one.roles[0] is "none"');
    expect(faults).toContain("nor through others (one -> two -> one)");
  });

  it("give each user the rules of its roles and of everybody's patterns", () => {
    const parsed = parseSettings(
      raw({
        roles: { reader: { read: ["naboom/community/#"] } },
        patterns: { read: ["naboom/users/%u/#"], readwrite: ["naboom/devices/%c/#"] },
        users: { web: { roles: ["reader"], listeners: ["wss", "ws"] } },
      }),
      owner,
    );
    expect(parsed).toMatchObject({
      success: true,
      data: {
        users: {
          web: {
            rules: [
              { access: "read", filter: "naboom/users/web/#", pattern: "naboom/users/%u/#" },
              { access: "read", filter: "naboom/community/#", role: "reader" },
            ],
            listeners: ["ws", "wss"],
          },
        },
        patterns: [{ access: "readwrite", filter: "naboom/devices/%c/#" }],
      },
    });
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
});
