import { describe, expect, it } from "vitest";
import { planRotation, policyChanges, type RotationInput } from "./rotation.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";
import { parseTakenOver, type TakenOver, writeTakenOver } from "./taken-over.ts";

type Config = Readonly<Record<string, unknown>>;
type Own = RotationInput["own"];

const NOW = new Date("2026-06-01T00:00:00Z");
const serverExpires = "2027-05-01T00:00:00.000Z";
const rights = { readwrite: ["a/#"] };
const overlap = { ...rights, rotation: "overlap" };
const own: Own = { chain: "chain", key: "key", authority: "authority" };
const OWN_PATHS = { chain: "c", key: "k", authority: "a" };

function settingsOf(config: Config): Settings {
  const raw = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `p:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  const parsed = parseSettings(raw, { project: "p", stack: "prod" });
  if (!parsed.success) throw new Error(parsed.faults.join("\n"));
  return parsed.data;
}

/** The record of a stack that was brought up with this config. */
function recordOf(config: Config, brought?: Own): TakenOver {
  const settings = settingsOf(config);
  const delivered = { settings, own: brought, renewals: 0, serverExpires };
  const text = writeTakenOver({ ...delivered, issued: {}, last: undefined });
  const record = parseTakenOver(text);
  if (record === undefined) throw new Error("the record is none");
  return record;
}

function plan(config: Config, last: TakenOver | undefined, brought?: Own) {
  return planRotation({ stack: "prod", settings: settingsOf(config), own: brought, now: NOW }, last);
}

function users(before: Config, after: Config): readonly string[] {
  return plan({ users: { u: after } }, recordOf({ users: { u: before } })).sentences;
}

function certificates(before: Config, after: Config): readonly string[] {
  return plan({ certificates: after }, recordOf({ certificates: before })).sentences;
}

describe("an update", () => {
  it("says nothing where nothing changes, and nothing of a stack that is new", () => {
    const config = { users: { u: { ...overlap, generation: 2 } }, passwords: { length: 64 } };
    expect(plan(config, recordOf(config)).sentences).toEqual([]);
    expect(plan(config, undefined)).toEqual({ renewals: 0, sentences: [] });
  });

  it("reads a record of before names, lengths and certificates of one's own were in it", () => {
    const { passwordLength: _, certificates: all, ...rest } = recordOf({ users: { u: rights } });
    const { names, authorityDays, serverDays, own: none, ...old } = all;
    expect([names?.length, authorityDays, serverDays, none]).toEqual([3, 3_650, 365, null]);
    const last = parseTakenOver(JSON.stringify({ ...rest, certificates: old }));
    const changed = {
      users: { u: rights },
      passwords: { length: 64 },
      certificates: { names: ["mqtt.example"], own: OWN_PATHS },
    };
    expect(plan(changed, last, own).sentences).toEqual([]);
  });
});

describe("what an update has changed", () => {
  const before = {
    users: { a: rights, gone: rights, moved: rights, other: rights, turns: { ...overlap, generation: 2 } },
  };
  const after = {
    passwords: { length: 64 },
    certificates: {
      serverGeneration: 2,
      authorityGeneration: 2,
      authorityInForce: 1,
      names: ["mqtt.example"],
    },
    users: {
      a: { ...rights, generation: 2 },
      added: rights,
      moved: { ...rights, listeners: ["mqtts"] },
      other: { read: ["b"] },
      turns: { ...overlap, generation: 2, retired: 1 },
    },
  };

  it("is told from the two records in the words of the plan, and afterwards in words of the past", async () => {
    const changes = policyChanges(recordOf(after), recordOf(before));
    expect(changes.map(({ ahead }) => ahead)).toEqual(plan(after, recordOf(before)).sentences);
    const told = changes.map(({ done, disconnects }) => `${done}${disconnects ? " (disconnects)" : ""}\n`);
    await expect(told.join("")).toMatchFileSnapshot("golden/policy-changes");
  });
});

describe("a number of a user", () => {
  const path = "naboom-mqtt:users.u";

  it("may not be lowered, whichever it is, since an account would come back with the password that it had", () => {
    const before = { ...overlap, generation: 3, overlapSince: 2, retired: 2 };
    const set = "npm run pulumi -- --stack prod config set --path 'naboom-mqtt:users.u";
    expect(() => users(before, { ...before, retired: 1 })).toThrow(
      `${path}.retired is 1, and the broker has taken 2 over already: such a number is only ever raised; to mend it: ${set}.retired' 2`,
    );
    expect(() => users(before, { ...before, overlapSince: 1 })).toThrow(`${set}.overlapSince' 2`);
    expect(() => users(before, { ...before, generation: 2, retired: 1 })).toThrow(`${set}.generation' 3`);
    const { retired: _, ...forgotten } = before;
    expect(() => users(before, forgotten)).toThrow(`${path}.retired is 0`);
  });

  it("has a seed for good, as another would be another password without a word", () => {
    const before = { ...overlap, generation: 2, seeds: { 2: 5 } };
    const set = `npm run pulumi -- --stack prod config set --path '${path}.seeds["2"]' 5`;
    expect(() => users(before, { ...overlap, generation: 2 })).toThrow(
      `${path}.seeds gives generation 2 the seed 2, and the broker has taken 5 over already: a generation keeps its seed; to mend it: ${set}`,
    );
    expect(() => users(before, { ...overlap, generation: 3 })).toThrow(set);
    expect(users(before, { ...overlap, generation: 3, seeds: { 2: 5, 3: 6 } })).toEqual([
      "user u gets a new password (generation 3)",
      "the password of u (generation 1) ends, and clients that use it are disconnected",
    ]);
  });

  it("means nothing without overlapping rotation, and begins with the generation in force", () => {
    const before = { ...overlap, generation: 3, overlapSince: 2, retired: 2 };
    expect(users(before, { ...rights, generation: 3 })).toEqual([
      // The name that the current password had, and the one that it has.
      "user u has the account u (generation 3) from now on",
      "the password of u-b (generation 3) ends, and clients that use it are disconnected",
    ]);
    const replace = { ...rights, generation: 3 };
    expect(() => users(replace, { ...overlap, generation: 4, overlapSince: 2 })).toThrow(
      `${path}.overlapSince is 2: overlapping rotation begins with the generation in force`,
    );
    expect(users(replace, { ...overlap, generation: 3, overlapSince: 3 })).toEqual([]);
  });
});

describe("an account", () => {
  it("is named where it comes, and where it goes", () => {
    expect(users(rights, { ...rights, generation: 2 })).toEqual([
      "user u gets a new password (generation 2)",
      "the password of u (generation 1) ends, and clients that use it are disconnected",
    ]);
    expect(users(overlap, { ...overlap, generation: 2 })).toEqual([
      "user u gets a new password (generation 2), with the account u-b",
    ]);
    expect(users(overlap, { ...overlap, generation: 3 })).toEqual([
      "user u gets a new password (generation 3)",
      "user u has the account u-b (generation 2) from now on",
      "the password of u (generation 1) ends, and clients that use it are disconnected",
    ]);
    expect(users({ ...overlap, generation: 2 }, { ...overlap, generation: 2, retired: 1 })).toEqual([
      "the password of u (generation 1) ends, and clients that use it are disconnected",
    ]);
  });

  it("is named for each connection, where client ids are own", () => {
    const config = (user: Config) => ({ clientIds: "own", users: { u: user } });
    const change = (before: Config, after: Config) => plan(config(after), recordOf(config(before))).sentences;
    expect(change(rights, { ...rights, connections: 3 })).toEqual([
      "user u has the accounts u~connection-2, u~connection-3 (generation 1) from now on",
    ]);
    expect(change({ ...rights, connections: 2 }, rights)).toEqual([
      "the password of u~connection-2 (generation 1) ends, and clients that use it are disconnected",
    ]);
  });

  it("is named for a user who is added, where there is another than the user's own", () => {
    const last = recordOf({ users: { u: rights } });
    const added = (user: Config) => plan({ users: { u: rights, v: user } }, last).sentences;
    expect(added(rights)).toEqual(["user v is added"]);
    expect(added({ ...overlap, generation: 2 })).toEqual(["user v is added, with the accounts v-b, v"]);
  });
});

describe("another length of passwords", () => {
  it("is another password for everybody", () => {
    const last = recordOf({ users: { u: rights } });
    expect(plan({ users: { u: rights }, passwords: { length: 64 } }, last).sentences).toEqual([
      "passwords have 64 characters from now on, so every account gets a new one, and all clients that log in with a password are disconnected",
    ]);
  });
});

describe("the server's certificate", () => {
  it("is issued anew for other names, and who connects to one that is gone is refused", () => {
    expect(certificates({}, { names: ["localhost", "127.0.0.1", "::1", "mqtt.example"] })).toEqual([
      "the server's certificate is issued anew for localhost, 127.0.0.1, ::1, mqtt.example, and nobody is disconnected",
    ]);
    expect(certificates({}, { names: ["mqtt.example", "localhost"] })).toEqual([
      "the server's certificate is issued anew for mqtt.example, localhost, and nobody is disconnected; " +
        "clients that connect to 127.0.0.1, ::1 are refused from now on",
    ]);
  });

  it("is issued anew for another validity, its own or the CA's", () => {
    expect(certificates({}, { serverDays: 300 })).toEqual([
      "the server's certificate is issued anew for 300 days, and nobody is disconnected",
    ]);
    expect(certificates({}, { authorityDays: 1_000 })[0]).toMatch(
      /^the CA's certificate is issued anew for 1000 days, with the key that it has, .* until it ends, and nobody is disconnected$/,
    );
  });

  it("may become one of the user's own, and the stack's again, which clients have to hear of", () => {
    const issued = recordOf({ users: { u: rights } });
    const brought = { users: { u: rights }, certificates: { own: OWN_PATHS } };
    const last = recordOf(brought, own);
    const said = (config: Config, before: TakenOver, now?: Own) => plan(config, before, now).sentences;
    expect(said(brought, issued, own)).toEqual([
      "the server's certificate is your own from now on, and the stack's CA is deleted; clients that do not trust your certificate's CA are refused from now on",
    ]);
    expect(said({ users: { u: rights } }, last)).toEqual([
      "the server's certificate is from a new CA of the stack from now on; clients that do not trust it are refused from now on",
    ]);
    expect(said(brought, last, own)).toEqual([]);
    expect(said(brought, last, { ...own, chain: "renewed" })).toEqual([
      "your own certificate is another one from now on, and nobody is disconnected",
    ]);
    expect(said(brought, last, { ...own, authority: "other" })[0]).toMatch(
      /^what clients have to trust .* may be refused/,
    );
  });

  it("is renewed inside its window, unless it is new anyway or the user's own", () => {
    const due = { certificates: { renewalDays: 350 } };
    expect(plan(due, recordOf({})).renewals).toBe(1);
    expect(plan({ certificates: { renewalDays: 300 } }, recordOf({})).renewals).toBe(0);
    expect(plan({ certificates: { ...due.certificates, serverGeneration: 2 } }, recordOf({})).renewals).toBe(
      0,
    );
    expect(plan(due, recordOf({ certificates: { own: OWN_PATHS } }, own)).renewals).toBe(0);
  });

  it("has generations that may not be lowered", () => {
    const last = { authorityGeneration: 3, serverGeneration: 2 };
    expect(() => certificates(last, { ...last, serverGeneration: 1 })).toThrow(
      "certificates.serverGeneration is 1",
    );
    expect(() => certificates(last, { ...last, authorityInForce: 2 })).toThrow(
      "certificates.authorityInForce is 2",
    );
  });
});
