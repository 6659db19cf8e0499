import { describe, expect, it } from "vitest";
import type { StackOutputs } from "./contract.ts";
import { dues } from "./due.ts";

const outputs = {
  broker: { container: "naboom-mqtt-dev-broker" },
  certificates: {
    own: false,
    authorityIssued: "2026-01-01T00:00:00.000Z",
    authorityExpires: "2036-01-01T00:00:00.000Z",
    serverIssued: "2026-01-01T00:00:00.000Z",
    serverExpires: "2027-01-01T00:00:00.000Z",
    renewalDays: 120,
  },
  users: { web: { passwordIssued: "2026-01-01T00:00:00.000Z", certificates: [] } },
  policy: {},
} as unknown as StackOutputs;

const at = (date: string) => new Date(`${date}T00:00:00.000Z`);

describe("what is due", () => {
  it("is the server's certificate at its renewal and the CA 90 days before its end", () => {
    const list = dues(outputs, at("2026-06-01"));
    expect(list.map(({ what, by, overdue }) => [what, by.slice(0, 10), overdue])).toEqual([
      ["server certificate", "2026-09-03", false],
      ["CA", "2035-10-03", false],
    ]);
  });

  it("is a password once a policy gives it an age, and overdue from that day on", () => {
    const policy = { maxPasswordAge: 90, maxCertificateAge: 30 };
    const list = dues({ ...outputs, policy }, at("2026-04-01"));
    expect(list.map(({ what, by, overdue }) => [what, by.slice(0, 10), overdue])).toEqual([
      ["server certificate", "2026-01-31", true],
      ["password of web", "2026-04-01", true],
      ["CA", "2035-10-03", false],
    ]);
  });

  it("is a client's certificate a third of its validity before its end", () => {
    const certificate = {
      name: "web~2",
      issued: "2026-01-01T00:00:00.000Z",
      expires: "2026-10-28T00:00:00.000Z",
    };
    const web = { ...outputs.users.web, certificates: [certificate] };
    const list = dues({ ...outputs, users: { web } } as unknown as StackOutputs, at("2026-06-01"));
    expect(list[0]).toEqual({
      what: "client certificate web~2",
      by: "2026-07-20T00:00:00.000Z",
      overdue: false,
      command: "npm run rotate -- client-certificate web",
    });
  });

  it("is mended by commands that name the stack, unless it is the one that is meant without a name", () => {
    const policy = { maxPasswordAge: 90, maxCertificateAge: 30 };
    const commandsOf = (container: string) =>
      dues({ ...outputs, policy, broker: { ...outputs.broker, container } }, at("2026-04-01")).map(
        ({ command }) => command,
      );
    expect(commandsOf("naboom-mqtt-dev-broker")).toEqual([
      "npm run rotate -- server-certificate",
      "npm run rotate -- users web",
      "npm run rotate -- ca",
    ]);
    expect(commandsOf("naboom-mqtt-far-broker-2-broker")).toEqual([
      "npm run rotate -- --stack far-broker-2 server-certificate",
      "npm run rotate -- --stack far-broker-2 users web",
      "npm run rotate -- --stack far-broker-2 ca",
    ]);
    const [renewal] = dues(
      { ...outputs, broker: { ...outputs.broker, container: "naboom-mqtt-far-broker" } },
      at("2026-04-01"),
    );
    expect(renewal?.command).toBe("npm run up -- --stack far");
  });
});
