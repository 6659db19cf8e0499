import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../../infra/contract.ts";
import { renderAcl } from "../../mosquitto/acl.ts";
import type { FilesInForce } from "../../mosquitto/files-in-force.ts";
import { proveFiles } from "./files.ts";

const read = (filter: string) => [{ access: "read" as const, filter }];
const logIn = (username: string) => ({ username, password: "a password" });

/** One user with overlapping accounts and two connections, one with a certificate for an identity. */
const outputs = {
  broker: { container: "broker", revision: "0123456789abcdef" },
  listeners: {
    mqtt: { clientCertificates: "none" },
    mqtts: { clientCertificates: "besides-password" },
    ws: { clientCertificates: "none" },
    wss: { clientCertificates: "identity" },
  },
  users: {
    fleet: { rules: read("f/#"), listeners: ["mqtt"], accounts: ["fleet-b", "fleet"], certificates: [] },
    web: {
      rules: read("w"),
      listeners: ["ws", "wss"],
      accounts: ["web"],
      certificates: [
        { name: "web~2", revoked: false },
        { name: "web~1", revoked: true },
      ],
    },
  },
  patterns: [{ access: "write", filter: "devices/%c" }],
  credentials: { fleet: { connections: [logIn("fleet-b~connection-2")] }, web: { connections: [] } },
  proofCredentials: { web: [logIn("web~proof-1")] },
} as unknown as StackOutputs;

const fleets = ["fleet-b", "fleet-b~connection-2", "fleet", "fleet~connection-2"];
const acl = renderAcl({
  users: [
    ...fleets.map((name) => ({ name, rules: read("f/#") })),
    ...["web", "web~proof-1", "web~2"].map((name) => ({ name, rules: read("w") })),
    { name: "healthcheck", rules: read("$SYS/broker/version") },
  ],
  patterns: outputs.patterns,
});
const webs = ["web", "web~proof-1"];
const files: FilesInForce = {
  revision: "0123456789abcdef",
  folder: "rev-0123456789abcdef",
  acl,
  accounts: { mqtt: fleets, mqtts: [], ws: webs, wss: webs, internal: ["healthcheck"] },
};

/** What is wrong with files that differ from those in some ways. */
async function seen(changed: Partial<FilesInForce> | string): Promise<readonly unknown[]> {
  const given = typeof changed === "string" ? changed : { ...files, ...changed };
  const checks = await proveFiles(outputs, "the-broker", async () => given);
  return checks.filter(({ outcome }) => outcome !== "proved").map((check) => check.seen);
}

describe("a broker's files", () => {
  it("are proved where they are what the outputs say, for every name that the broker knows", async () => {
    expect(await seen({})).toEqual([]);
    expect(await proveFiles(outputs, "the-broker", async () => files)).toHaveLength(7);
  });

  it("are not where they can't be looked at", async () => {
    expect(await seen("no such container: broker")).toEqual(["no such container: broker"]);
  });

  it("are not where they are of another revision", async () => {
    expect(await seen({ revision: "fedcba9876543210" })).toEqual(["fedcba9876543210"]);
  });

  it.each([
    ["user fleet\ntopic read f/#", "user fleet", "for fleet, topic read f/# is missing"],
    ["user web~2\n", "user web~2\ntopic readwrite #\n", "for web~2, topic readwrite # is too much"],
    ["user fleet~connection-2\ntopic read f/#\n", "", "a section: fleet~connection-2 is missing"],
    ["user web~proof-1", "user web~1", "a section: web~proof-1 is missing; a section: web~1 is too much"],
    ["user healthcheck", "user web\ntopic read w\n\nuser healthcheck", "a section: something is there twice"],
    ["pattern write devices/%c", "", "for everyone, pattern write devices/%c is missing"],
    ["devices/%c\n", "devices/%c\npattern read #\n", "for everyone, pattern read # is too much"],
    ["user fleet-b\n", "topic read #\n\nuser fleet-b\n", "for anonymous clients, topic read # is too much"],
  ])("are not where %j is %j", async (from, to, words) => {
    expect(acl).toContain(from);
    expect(`${await seen({ acl: acl.replace(from, to) })}`).toContain(words);
  });

  it("are not where somebody may log in who should not, or not who should", async () => {
    const accounts = { ...files.accounts, mqtt: fleets.slice(1), ws: [...webs, "web~2"] };
    expect(await seen({ accounts })).toEqual(["fleet-b is missing", "web~2 is too much"]);
  });

  it("are not where the healthcheck's account is on a listener that clients reach, or a user on its own", async () => {
    const accounts = { ...files.accounts, mqtts: ["healthcheck"], internal: ["healthcheck", "web"] };
    expect(await seen({ accounts })).toEqual(["web is too much", "healthcheck is too much"]);
  });
});
