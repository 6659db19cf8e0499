import { describe, expect, it } from "vitest";
import { isSmokeTest, loginNames, userOfLoginName } from "./login-names.ts";
import { sampleSettings } from "./sample-settings.ts";

function namesOf(config: Readonly<Record<string, unknown>>, user: string): readonly string[] {
  const policy = sampleSettings(config);
  const settings = policy.users[user];
  return settings === undefined ? [] : loginNames(policy, user, settings);
}

const rights = { read: ["a"] };

describe("the names that a user logs in with", () => {
  it("are those of its accounts", () => {
    const users = { web: rights, fleet: { ...rights, rotation: "overlap", generation: 2 } };
    expect(namesOf({ users }, "web")).toEqual(["web"]);
    expect(namesOf({ users }, "fleet")).toEqual(["fleet-b", "fleet"]);
  });

  it("are also those of its certificates, where they are identities and not taken back", () => {
    const users = { web: { ...rights, certificateGeneration: 2 } };
    expect(namesOf({ users, clientCertificates: { mqtts: "besides-password" } }, "web")).toEqual(["web"]);
    const clientCertificates = { mqtts: "identity", revoked: { "web~1": "AB" } };
    expect(namesOf({ users, clientCertificates }, "web")).toEqual(["web", "web~2"]);
  });

  it("are one for each connection where client ids are accounts' names", () => {
    const users = { web: { ...rights, connections: 2 } };
    expect(namesOf({ users, clientIds: "own" }, "web")).toEqual(["web", "web~connection-2"]);
  });

  it("lead back to the user", () => {
    const { users } = sampleSettings({ users: { web: rights, fleet: { ...rights, rotation: "overlap" } } });
    const names = [
      "web",
      "web~1",
      "web~connection-2",
      "fleet-b",
      "fleet-b~connection-3",
      "web-b",
      "healthcheck",
    ];
    expect(names.map((name) => userOfLoginName(users, name))).toEqual([
      "web",
      "web",
      "web",
      "fleet",
      "fleet",
      undefined,
      undefined,
    ]);
  });
});

it("knows the smoke tests by client id or account", () => {
  expect(isSmokeTest({ account: "web", clientId: "smoke-0123456789ab" })).toBe(true);
  expect(isSmokeTest({ account: "web~proof-3", clientId: "web~proof-3" })).toBe(true);
  expect(isSmokeTest({ account: "web", clientId: "smoke-detector" })).toBe(false);
});
