import { describe, expect, it } from "vitest";
import { afterCommands, type Config, commandsIn, configAfter, parse } from "./sample-pulumi-config.ts";
import type { Settings } from "./settings-schema.ts";

/** Runs every command that is printed, in the printed order, until nothing is refused. */
function mended(config: Config, rounds = 1): { config: Config; settings: Settings } {
  let now = config;
  for (let round = 0; round <= rounds; round += 1) {
    const parsed = parse(now);
    if (parsed.success) return { config: now, settings: parsed.data };
    now = configAfter(now, parsed.faults);
  }
  const left = parse(now);
  throw new Error(`refused after ${rounds} rounds: ${left.success ? "" : left.faults.join("\n")}`);
}

function faultsOf(config: Config): string[] {
  const parsed = parse(config);
  return parsed.success ? [] : parsed.faults;
}

function usersAfter(users: unknown, more: Config = {}, rounds = 1): unknown {
  return mended({ users, ...more }, rounds).config.users;
}

describe("every command of one list of mistakes, run in the printed order", () => {
  it("takes out of a list what is wrong, and nothing that is right", () => {
    expect(usersAfter({ a: { read: [3, "a b ", "fine"] } })).toEqual({ a: { read: ["fine"] } });
    expect(
      usersAfter({ a: { read: ["x", "a#", "y", null, "z"], roles: ["r"] } }, { roles: { r: {} } }),
    ).toEqual({ a: { read: ["x", "y", "z"], roles: ["r"] } });
    expect(usersAfter({ a: { read: ["ok"], patterns: { read: ["%u", "a", "x/%c"] } } })).toEqual({
      a: { read: ["ok"], patterns: { read: ["%u"] } },
    });
  });

  it.each([
    [{ users: { a: { read: ["x/#"], deny: ["x/y#"] } } }],
    [{ users: { a: { read: ["x/#"], deny: [3] } } }],
    [{ users: { a: { read: ["x/#"], deny: {} } } }],
    [{ users: { a: { read: ["x/#"], patterns: { deny: ["x/y"] } } } }],
    [{ users: { a: { read: ["x/#"], patterns: "x" } } }],
    [{ users: { a: { read: ["x/#"], roles: ["guest"] } } }],
    [{ users: { a: { read: ["x/#"], roles: 3 } } }],
    [{ users: { a: { read: ["x/#"], only: ["mqtts"] } } }],
    [{ users: { "a:b": { read: ["x"], listeners: [] } } }],
    [{ users: {} }],
    [{ users: [] }],
    [{ users: "web" }],
    [{ roles: "r" }],
    [{ patterns: { deny: ["x/%c"] } }],
    [{ listeners: 3 }],
    [{ listeners: { mqtts: { adress: "127.0.0.1" } }, bindAddress: "::1" }],
    [{ bindAdress: "127.0.0.9" }],
    [{ clientCertificates: "identity" }],
    [{ clientCertificates: { revoked: [] } }],
    [{ clientCertificates: { revoked: { "a~1": "?" } } }],
    [{ roles: { a: { read: ["x"], roles: ["b"] }, b: { deny: ["x/y"], roles: ["a"] } } }],
  ])("is none where it could give somebody more than was written: %j", (config) => {
    const faults = faultsOf(config);
    expect(faults.length).toBeGreaterThan(0);
    expect(commandsIn(faults)).toEqual([]);
    for (const fault of faults) expect(fault).toMatch(/; to mend it: edit Pulumi\.dev\.yaml$/);
  });

  it.each([
    ["wss", ["wss"]],
    [[], []],
    ["tcp", "tcp"],
    [null, null],
    [
      ["tcp", "ws"],
      ["tcp", "ws"],
    ],
    [["mqtss"], ["mqtss"]],
  ])("lets a user whose listeners are %j in on %j, and guesses none", (listeners, expected) => {
    const after = afterCommands({ users: { a: { read: ["x"], listeners } } });
    expect(after.users).toEqual({ a: { read: ["x"], listeners: expected } });
  });

  it("sets a word that is near one that is allowed, and names it, but says nothing of trust for anybody", () => {
    const given = {
      clientIds: "ow",
      clientCertificates: { mqtts: "identiti" },
      users: { a: { read: ["x"], rotation: "overlp" } },
    };
    expect(mended({ ...given, clientIds: "free" }).config).toMatchObject({
      clientCertificates: { mqtts: "identity" },
      users: { a: { rotation: "overlap" } },
    });
    expect(faultsOf(given)).toContainEqual(
      "naboom-mqtt:clientIds is \"ow\": it is free or own; own is near; to mend it: npm run pulumi -- config set --path 'naboom-mqtt:clientIds' own",
    );
    expect(mended({ plainListeners: "The network is trusted" }).config).toEqual({});
  });

  it("names the role and the listener that were likely meant, for a person to write", () => {
    const users = { a: { read: ["x"], roles: ["gest"], listeners: ["wsss"] } };
    const faults = faultsOf({ users, roles: { guest: { read: ["y"] } } });
    expect(faults).toEqual([
      expect.stringContaining("wss is near; to mend it: edit"),
      expect.stringContaining("where there is guest; guest is near; to mend it: edit"),
    ]);
  });

  it.each([
    ["certificates", { authorityDays: 180 }, { authorityDays: 180, serverDays: 180 }],
    ["clientCertificates", { authorityDays: 180 }, { authorityDays: 180, days: 180 }],
    ["users", { a: { read: ["x"], connections: 0 } }, { a: { read: ["x"], connections: 1 } }],
  ])("sets in %s what is allowed, where the default is not", (key, given, after) => {
    expect(mended({ [key]: given }).config[key]).toEqual(after);
  });

  it("makes a list of a single text, which is meant as one", () => {
    const users = { a: { read: "x/#", deny: "x/y", roles: "r" } };
    expect(usersAfter(users, { roles: { r: { write: "true" } } }, 2)).toEqual({
      a: { read: ["x/#"], deny: ["x/y"], roles: ["r"] },
    });
  });

  it("keeps the deny of two rules that contradict, and every other right of the user", () => {
    expect(usersAfter({ a: { read: ["x", "y"], deny: ["z", "x"], write: ["x"] } })).toEqual({
      a: { read: ["y"], deny: ["z", "x"], write: [] },
    });
  });

  it("keeps a role whole for those who have no deny against it", () => {
    const roles = {
      r: { read: ["x", "y"], roles: ["s"], patterns: { write: ["in/%u"] } },
      s: { write: ["z"] },
    };
    const users = { a: { roles: ["r"], deny: ["x"] }, b: { roles: ["r"] } };
    const after = mended({ users, roles });
    expect(after.config.roles).toEqual(roles);
    expect(after.config.users).toEqual({
      a: { roles: [], deny: ["x"], read: ["y"], write: ["z"], patterns: { write: ["in/%u"] } },
      b: { roles: ["r"] },
    });
  });

  it("takes an allow out of a role once, however many users it is void for", () => {
    const roles = { r: { read: ["x", "y"], deny: ["x"] } };
    const after = mended({ users: { a: { roles: ["r"] }, b: { roles: ["r"] } }, roles });
    expect(after.config.roles).toEqual({ r: { read: ["y"], deny: ["x"] } });
  });

  it("keeps everybody's pattern for all but the one whom a deny keeps from it", () => {
    const users = { a: { read: ["q"], deny: ["in/a"] }, b: { read: ["q"] } };
    expect(mended({ users, patterns: { read: ["in/%u"] } }).config).toEqual({
      users: { a: users.a, b: { read: ["q"], patterns: { read: ["in/%u"] } } },
      patterns: { read: [] },
    });
  });

  it("gives a user or a role with a name that is none another, and keeps what they may do", () => {
    const users = { "a:b": { read: ["x", "a#"], roles: ["r s"], generation: 3 }, "": { write: ["y"] } };
    expect(mended({ users, roles: { "r s": { read: ["z"] } } }).config).toEqual({
      users: { "a-b": { read: ["x"], roles: ["r-s"], generation: 3 }, renamed: { write: ["y"] } },
      roles: { "r-s": { read: ["z"] } },
    });
  });

  it("tells users apart that look the same, or meet in one account", () => {
    const users = { web: { read: ["x"] }, Web: { read: ["y"] }, "we\u200bb": { read: ["z"] } };
    expect(usersAfter(users)).toEqual({
      web: { read: ["x"] },
      "Web-3": { read: ["y"] },
      "web-2": { read: ["z"] },
    });
    const two = { fleet: { read: ["x"], rotation: "overlap" }, "fleet-b": { read: ["y"] } };
    expect(Object.keys(mended({ users: two }).settings.users)).toEqual(["fleet-b", "fleet-2"]);
    const lost = JSON.parse('{ "web": { "read": ["x"] }, "__proto__": { "read": ["y"] } }');
    expect(usersAfter(lost)).toEqual({ web: { read: ["x"] }, proto__: { read: ["y"] } });
  });

  it("opens a circle of roles at one place", () => {
    const roles = {
      a: { read: ["x"], roles: ["b", "d"] },
      b: { read: ["y"], roles: ["d", "c"] },
      c: { read: ["z"], roles: ["a"] },
      d: { read: ["w"], roles: ["d"] },
    };
    expect(mended({ roles }).config.roles).toEqual({
      ...roles,
      c: { read: ["z"], roles: [] },
      d: { read: ["w"], roles: [] },
    });
  });

  it("keeps accounts retired, certificates asked for, and the console off", () => {
    expect(usersAfter({ a: { read: ["x"], generation: 4, retired: 4 } })).toMatchObject({
      a: { retired: 3 },
    });
    const uses = { mqtts: "identity", wss: "identity" };
    const other = { users: { a: { read: ["x"], listeners: ["wss"] } }, clientCertificates: uses };
    expect(mended(other).config.clientCertificates).toEqual({ mqtts: "besides-password", wss: "identity" });
    expect(mended({ clientIds: "own", clientCertificates: uses }).config).toEqual({
      clientIds: "own",
      clientCertificates: { mqtts: "besides-password", wss: "besides-password" },
    });
    expect(mended({ console: { enabled: "yes" } }).config).toEqual({ console: { enabled: false } });
  });

  it("removes a user who has no right only where nothing says what it was to have", () => {
    expect(usersAfter({ a: { read: ["x"] }, b: { read: [] }, c: {} })).toEqual({ a: { read: ["x"] } });
    const written = { a: { read: ["x"] }, b: { wirte: ["y"] } };
    expect(afterCommands({ users: written }).users).toEqual(written);
  });
});
