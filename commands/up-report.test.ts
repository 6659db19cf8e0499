import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../infra/contract.ts";
import type { EngineContainer } from "../infra/engine.ts";
import { engineNames, IMAGE } from "../infra/names.ts";
import { sampleSettings } from "../infra/sample-settings.ts";
import { TAKEN_OVER, writeTakenOver } from "../infra/taken-over.ts";
import { type Check, summarize } from "../smoke-tests/proof.ts";
import { type Containers, type StackChange, stackChange } from "./stack-change.ts";
import { renderUpReport } from "./up-report.ts";

const names = engineNames("naboom-mqtt", "dev");
const reader = { read: ["naboom/#"] };
const proved: Check = {
  subject: "Policy",
  name: "what may be read is served",
  outcome: "proved",
  milliseconds: 1,
};
const inapplicable: Check = {
  ...proved,
  name: "what may not be read does not come",
  outcome: "not applicable",
  reason: "reader may read every topic",
};
const failed: Check = {
  ...proved,
  name: "what may not be written is answered with 0x87, and does not arrive",
  user: "reader",
  listener: "mqtt",
  outcome: "failed",
  expected: "PUBACK 135 (not authorized)",
  seen: "PUBACK 0 (success)",
};

describe("the report of an update", () => {
  it("tells of a stack that is new", async () => {
    await expect(reportOf({ kind: "created" })).toMatchFileSnapshot("golden/up-first");
  });

  it("without a change is a handful of lines", async () => {
    const same = containersOf({ users: { reader } });
    const text = reportOf(stackChange(names, same, same));
    await expect(text).toMatchFileSnapshot("golden/up-no-change");
    expect(text.split("\n").length).toBeLessThan(13);
  });

  it("says who was added, and that nobody was disconnected", async () => {
    const change = changeOf({ users: { reader } }, { users: { reader, dashboard: reader } });
    await expect(reportOf(change)).toMatchFileSnapshot("golden/up-user-added");
  });

  it("says who got a new password, and whose clients were disconnected", async () => {
    const change = changeOf({ users: { reader } }, { users: { reader: { ...reader, generation: 2 } } });
    await expect(reportOf(change)).toMatchFileSnapshot("golden/up-password-rotated");
  });

  it("says that another image restarted the broker", async () => {
    const config = { users: { reader } };
    const change = changeOf(config, config, { id: "b2", labels: { [IMAGE]: "sha256:2" } });
    await expect(reportOf(change)).toMatchFileSnapshot("golden/up-image-changed");
  });

  it("ends with every failed check", async () => {
    const change = changeOf({ users: { reader } }, { users: { reader, dashboard: reader } });
    await expect(reportOf(change, [proved, inapplicable, failed])).toMatchFileSnapshot("golden/up-failed");
  });

  it("has the table of checks where it is asked for, and is coloured on a terminal only", () => {
    const text = reportOf({ kind: "none" }, [proved], { verbose: true, colour: false });
    expect(text).toMatch(/^Policy\n {2}what may be read is served .*✓/);
    expect(text).toContain("\nNo change: the stack was as its config says.\n");
    expect(text).toContain("\nStorage\n");
    expect(text).not.toContain("\u001b");
    expect(reportOf({ kind: "none" }, [proved], { verbose: true, colour: true })).toContain("\u001b");
  });

  it("stays under 120 columns, and a screen, for a thousand users with long names, and many pages", () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`a-name-of-32-characters-is-this-${index}`, reader]),
    );
    const pages = Array.from({ length: 9 }, (_, index) => `https://page-${index}.example.org`);
    const wide = { ...outputs, users: usersNamed(Object.keys(many)), origins: pages };
    const change = changeOf({ users: { reader } }, { users: many });
    const lines = reportOf(change, [proved], undefined, withWebSockets(wide)).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
    expect(lines.length).toBeLessThan(60);
  });
});

describe("what an update has changed", () => {
  const config = { users: { reader } };

  it("is not known where the container that tells is gone, which is no reason to fail", () => {
    const before = new Map([...containersOf(config)].filter(([name]) => name === names.broker));
    expect(stackChange(names, before, containersOf(config))).toMatchObject({ policy: [], broker: "kept" });
  });

  it("is that the broker was started, where it did not run", () => {
    const stopped = containersOf(config, { running: false });
    const change = stackChange(names, stopped, containersOf(config, { startedAt: "later" }));
    expect(change).toMatchObject({ broker: "started" });
    expect(reportOf(change)).toContain("the broker was not there or did not run, and was started");
  });

  it("is a setting that is no user's, such as a limit, where only the reload ran again", () => {
    const before = containersOf(config);
    const after = new Map(before);
    after.set(names.reload, { ...container(names.reload), id: "other" });
    expect(reportOf(stackChange(names, before, after))).toContain("settings or files were changed");
  });

  it("is the console's where only that has changed", () => {
    const before = containersOf(config);
    const after = new Map([...before, [names.console, container(names.console)]]);
    expect(reportOf(stackChange(names, before, after))).toContain("  the console was added\n");
    expect(reportOf(stackChange(names, after, before))).toContain("  the console was removed\n");
    expect(reportOf(stackChange(names, new Map(), after))).toContain("  the console was started\n");
  });
});

type Config = Readonly<Record<string, unknown>>;

function changeOf(before: Config, after: Config, broker: Partial<EngineContainer> = {}): StackChange {
  const delivered = containersOf(after, broker);
  const publish = { ...container(names.publish), id: "p2" };
  return stackChange(names, containersOf(before), new Map([...delivered, [names.publish, publish]]));
}

/** The containers of a stack that was brought up with this config. */
function containersOf(config: Config, broker: Partial<EngineContainer> = {}): Containers {
  const settings = sampleSettings(config);
  const serverExpires = "2027-01-01T00:00:00.000Z";
  const delivered = { settings, own: undefined, renewals: 0, serverExpires, issued: {}, last: undefined };
  const labels = { [TAKEN_OVER]: writeTakenOver(delivered) };
  const all = [
    { ...container(names.broker), labels: { [IMAGE]: "sha256:1" }, ...broker },
    container(names.publish),
    { ...container(names.reload), labels },
  ];
  return new Map(all.map((each) => [each.name, each]));
}

function container(name: string): EngineContainer {
  const state = { running: true, ended: false, exitCode: 0, startedAt: "2026-06-01T00:00:00Z" };
  return { id: name, name, image: "sha256:1", ...state, labels: {}, published: [] };
}

function reportOf(
  change: StackChange,
  checks: readonly Check[] = [proved, inapplicable],
  options = { verbose: false, colour: false },
  told: StackOutputs = outputs,
): string {
  const proof = summarize(
    { stack: "dev", broker: names.broker, on: "running broker", seconds: 2.06 },
    checks,
  );
  const storage = { used: 5_000_000, free: 73_800_000_000, damaged: [] };
  const now = new Date("2026-06-01T00:00:00Z");
  const twin = { passed: 1_234, notApplicable: 26 };
  return `${renderUpReport({ change, outputs: told, proof, twin, storage, now }, options)}\n`;
}

function usersNamed(all: readonly string[]): StackOutputs["users"] {
  const entries = all.map((name) => [name, { ...user, listeners: ["mqtts"] }]);
  return Object.fromEntries(entries);
}

function withWebSockets(told: StackOutputs): StackOutputs {
  const wss = { ...told.listeners.mqtts, url: "wss://localhost:8884" };
  return { ...told, listeners: { ...told.listeners, wss } } as StackOutputs;
}

const user = {
  rules: [{ access: "read", filter: "naboom/#" }],
  roles: [],
  accounts: [],
  generation: 1,
  passwordIssued: "2026-01-01T00:00:00.000Z",
  certificates: [],
};

const outputs = {
  broker: { container: names.broker },
  listeners: {
    mqtt: { url: "mqtt://localhost:1883" },
    mqtts: { url: "mqtts://localhost:8883" },
  },
  origins: [],
  console: "https://localhost:8443/",
  certificates: {
    own: false,
    authorityIssued: "2026-01-01T00:00:00.000Z",
    authorityExpires: "2036-01-01T00:00:00.000Z",
    serverIssued: "2026-01-01T00:00:00.000Z",
    serverExpires: "2027-01-01T00:00:00.000Z",
    renewalDays: 120,
  },
  users: {
    reader: { ...user, listeners: ["mqtt", "mqtts"] },
    dashboard: { ...user, listeners: ["mqtts"] },
  },
  policy: {},
} as unknown as StackOutputs;
