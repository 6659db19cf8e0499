import { describe, expect, it } from "vitest";
import { sampleSettings } from "./sample-settings.ts";
import { parseSettings } from "./settings.ts";

function faultsOf(settings: Readonly<Record<string, unknown>>): readonly string[] {
  const raw = Object.entries(settings).map(([key, value]) => [`naboom-mqtt:${key}`, JSON.stringify(value)]);
  const parsed = parseSettings(Object.fromEntries(raw), { project: "naboom-mqtt", stack: "prod" });
  return parsed.success ? [] : parsed.faults;
}

describe("a listener that is off", () => {
  it("is not among the listeners, nor among those of users, who keep the ones that are on", () => {
    const settings = sampleSettings({
      listeners: { ws: "off", mqtt: "off" },
      users: { all: { read: ["a"] }, some: { read: ["a"], listeners: ["ws", "wss"] } },
    });
    expect(Object.keys(settings.listeners)).toEqual(["mqtts", "wss"]);
    expect(settings.users.all?.listeners).toEqual(["mqtts", "wss"]);
    expect(settings.users.some?.listeners).toEqual(["wss"]);
  });

  it("has no port that another could clash with", () => {
    const on = { mqtts: { port: 1_883 }, wss: { port: 8_083 } };
    const console = { enabled: true, port: 8_883 };
    const { listeners } = sampleSettings({ console, listeners: { mqtt: "off", ws: "off", ...on } });
    expect(Object.values(listeners).map(({ port }) => port)).toEqual([1_883, 8_083]);
  });

  it.each(["of", "Off", "OFF", "no", "none", "disabled", false])(
    "is off by that word alone, which is named where it is %j",
    (given) => {
      const [fault, ...others] = faultsOf({ listeners: { ws: given } });
      expect(fault).toBe(
        `naboom-mqtt:listeners.ws is ${JSON.stringify(given)}: a listener is off, or a set of keys with its port and its ` +
          "address; to mend it: npm run pulumi -- --stack prod config set --path 'naboom-mqtt:listeners.ws' off",
      );
      expect(others).toEqual([]);
    },
  );

  it.each(["on", "8083", 8_083, true, [], null])("is not guessed from %j", (given) => {
    const [fault, ...others] = faultsOf({ listeners: { ws: given } });
    expect(fault).toMatch(/; to mend it: edit Pulumi\.prod\.yaml$/);
    expect(others).toEqual([]);
  });

  it("is not every one", () => {
    const [fault, ...others] = faultsOf({ listeners: { mqtt: "off", mqtts: "off", ws: "off", wss: "off" } });
    expect(fault).toContain("naboom-mqtt:listeners is ");
    expect(fault).toContain(
      "at least one listener is on, or nobody could log in; to mend it: edit Pulumi.prod.yaml",
    );
    expect(others).toEqual([]);
  });

  it("is not wss where the console is on, and then the console goes off rather than wss on", () => {
    const [fault, ...others] = faultsOf({ listeners: { wss: "off" }, console: { enabled: true } });
    expect(fault).toContain(
      "naboom-mqtt:console.enabled is true: the console logs in over wss, and naboom-mqtt:listeners.wss is off",
    );
    expect(fault).toContain("config set --path 'naboom-mqtt:console.enabled' false");
    expect(others).toEqual([]);
  });

  it("asks for no client certificates, and nobody is let in without by a command", () => {
    const given = { listeners: { mqtts: "off" }, clientCertificates: { mqtts: "besides-password" } };
    const [fault, ...others] = faultsOf(given);
    expect(fault).toContain(
      'naboom-mqtt:clientCertificates.mqtts is "besides-password": naboom-mqtt:listeners.',
    );
    expect(fault).toMatch(/take one of the two out; to mend it: edit Pulumi\.prod\.yaml$/);
    expect(others).toEqual([]);
  });

  it("leaves a certificate that is the identity on the other listener to those who may use that", () => {
    const given = {
      listeners: { wss: "off" },
      clientCertificates: { mqtts: "identity" },
      users: { a: { read: ["a"], listeners: ["mqtts"] }, b: { read: ["b"], listeners: ["mqtt"] } },
    };
    expect(sampleSettings(given).users.a?.listeners).toEqual(["mqtts"]);
  });

  it("is not the only one of a user, which no command lets in elsewhere", () => {
    const users = { web: { read: ["a"], listeners: ["ws", "wss"] }, other: { read: ["a"] } };
    const [fault, ...others] = faultsOf({ listeners: { ws: "off", wss: "off" }, users });
    expect(fault).toContain(
      'naboom-mqtt:users.web.listeners is ["ws","wss"]: no listener is left for this user',
    );
    expect(fault).toContain("since ws and wss are off (naboom-mqtt:listeners)");
    expect(fault).toContain("one that is on (mqtt, mqtts)");
    expect(fault).toMatch(/; to mend it: edit Pulumi\.prod\.yaml$/);
    expect(others).toEqual([]);
  });
});
