import { describe, expect, it } from "vitest";
import type { ListenerName } from "../mosquitto/listener.ts";
import { clientHost, isLoopback } from "./listener-settings.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

type Given = Readonly<Record<string, unknown>>;

const REASON = "is not encrypted and would show passwords to the network";

function parse(settings: Given) {
  const entries = Object.entries(settings).map(([key, value]) => [
    `naboom-mqtt:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseSettings(Object.fromEntries(entries), { project: "naboom-mqtt", stack: "prod" });
}

function faultsOf(settings: Given): string[] {
  const parsed = parse(settings);
  return parsed.success ? [] : parsed.faults;
}

function placesOf(settings: Given): Settings["listeners"] {
  const parsed = parse(settings);
  if (parsed.success) return parsed.data.listeners;
  throw new Error(parsed.faults.join("\n"));
}

function addressesOf(settings: Given): readonly string[] {
  return Object.values(placesOf(settings)).map(({ address }) => address);
}

const onLoopback = { mqtt: { address: "127.0.0.1" }, ws: { address: "::1" } };

describe("a listener's address", () => {
  it("is the one of all where it has none of its own, on 127.0.0.1 by default", () => {
    expect(addressesOf({})).toEqual(Array(4).fill("127.0.0.1"));
    expect(addressesOf({ bindAddress: "127.0.0.9", listeners: { wss: { address: "::1" } } })).toEqual([
      "127.0.0.9",
      "127.0.0.9",
      "127.0.0.9",
      "::1",
    ]);
  });

  it("stands beside its port", () => {
    expect(placesOf({ listeners: { mqtts: { address: "192.0.2.7", port: 18_883 } } }).mqtts).toEqual({
      address: "192.0.2.7",
      port: 18_883,
    });
  });

  it("is brought into the form that the engine gives it back in", () => {
    const given = ["0:0:0:0:0:0:0:1", "FD00::0001", "::ffff:192.0.2.7", "0.0.0.0"];
    const found = given.map((address) => placesOf({ listeners: { mqtts: { address } } }).mqtts?.address);
    expect(found).toEqual(["::1", "fd00::1", "192.0.2.7", "0.0.0.0"]);
  });

  it.each(["here", "127.1", "010.0.0.1", "fe80::1%eth0", "127.0.0.1:8883", ""])(
    "may not be %j",
    (address) => {
      const [fault, ...others] = faultsOf({ listeners: { mqtts: { address } } });
      expect(fault).toContain("listeners.mqtts.address is");
      expect(fault).toContain("an IPv4 or IPv6 address");
      expect(others).toEqual([]);
    },
  );
});

describe("a listener without TLS", () => {
  it.each(["0.0.0.0", "::", "192.0.2.7", "fd00::2", "128.0.0.1", "::ffff:192.0.2.7", "::127.0.0.1"])(
    "may not be on %s while others are free to, and the way out is named for each",
    (bindAddress) => {
      const faults = faultsOf({ bindAddress });
      expect(faults).toHaveLength(2);
      for (const [index, name] of (["mqtt", "ws"] as const).entries()) {
        const fault = faults[index];
        expect(fault).toContain(`naboom-mqtt:listeners.${name}.address: bindAddress makes it `);
        expect(fault).toContain(`${name} ${REASON}`);
        expect(fault).toContain("a loopback address (127.0.0.0/8 or ::1)");
        expect(fault).toContain('naboom-mqtt:plainListeners is "the network is trusted"');
        expect(fault).toContain(`clients elsewhere use ${name}s`);
        expect(fault).toContain(
          `npm run pulumi -- --stack prod config set --path 'naboom-mqtt:listeners.${name}.address' 127.0.0.1`,
        );
      }
      expect(addressesOf({ bindAddress, listeners: onLoopback })).toHaveLength(4);
    },
  );

  it("may not be there, but where it is off there is none that could show passwords", () => {
    const listeners = { mqtt: "off", ws: "off" };
    expect(addressesOf({ bindAddress: "0.0.0.0", listeners })).toEqual(["0.0.0.0", "0.0.0.0"]);
  });

  it("may not be there by an address of its own either, which is shown", () => {
    const [fault, ...others] = faultsOf({ listeners: { ws: { address: "192.0.2.7" } } });
    expect(fault).toContain(`naboom-mqtt:listeners.ws.address is "192.0.2.7": ws ${REASON}`);
    expect(others).toEqual([]);
  });

  it("may be there once the config says word by word that the network is trusted", () => {
    const trusted = { bindAddress: "0.0.0.0", plainListeners: "the network is trusted" };
    expect(addressesOf(trusted)).toEqual(Array(4).fill("0.0.0.0"));
  });

  it.each(["yes", "true", "The network is trusted", "the network is trusted ", true, ""])(
    "may not be there by saying %j",
    (plainListeners) => {
      const faults = faultsOf({ bindAddress: "0.0.0.0", plainListeners });
      expect(faults).toHaveLength(3);
      expect(faults[2]).toContain('it is "the network is trusted", word by word');
      expect(faults[2]).toContain("config rm --path 'naboom-mqtt:plainListeners'");
    },
  );

  it("is refused beside every other mistake, and only once for each", () => {
    const faults = faultsOf({ listeners: { mqtt: { port: 0, address: "0.0.0.0" }, wss: { address: "x" } } });
    expect(faults.map((fault) => fault.split(/ is |:\s/)[0])).toEqual([
      "naboom-mqtt:listeners.mqtt.port",
      "naboom-mqtt:listeners.wss.address",
      "naboom-mqtt:listeners.mqtt.address",
    ]);
  });
});

describe("a loopback address", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.255.255.254", true],
    ["::1", true],
    ["126.255.255.255", false],
    ["128.0.0.0", false],
    ["0.0.0.0", false],
    ["::", false],
    ["::2", false],
    ["fe80::1", false],
  ])("%s: %s", (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});

describe("the listeners with TLS", () => {
  it.each(["mqtts", "wss"] satisfies ListenerName[])("are free to be anywhere: %s", (name) => {
    expect(placesOf({ listeners: { [name]: { address: "::" } } })[name]?.address).toBe("::");
  });
});

describe("the host that clients are sent to", () => {
  const byDefault = ["localhost", "127.0.0.1", "::1"];
  const ofDomain = ["*.naboom.example", "mqtt.naboom.example"];

  it.each<[ListenerName, string, readonly string[], string]>([
    ["mqtt", "127.0.0.1", byDefault, "localhost"],
    ["mqtts", "127.0.0.1", byDefault, "localhost"],
    ["mqtts", "0.0.0.0", byDefault, "localhost"],
    ["mqtts", "::", byDefault, "::1"],
    ["ws", "::1", byDefault, "::1"],
    ["mqtt", "127.0.0.9", byDefault, "127.0.0.9"],
    ["mqtts", "0.0.0.0", ofDomain, "mqtt.naboom.example"],
    ["wss", "::", ["*.naboom.example"], "mqtt.naboom.example"],
    ["mqtt", "127.0.0.1", ofDomain, "127.0.0.1"],
    ["ws", "192.0.2.7", ofDomain, "mqtt.naboom.example"],
  ])("of %s on %s with a certificate for %j is %s", (listener, address, names, host) => {
    expect(clientHost(listener, address, names)).toBe(host);
  });
});
