import { describe, expect, it } from "vitest";
import { sampleSettings } from "./sample-settings.ts";
import { parseSettings } from "./settings.ts";

function faultsOf(origins: unknown): readonly string[] {
  const raw = { "naboom-mqtt:listeners": JSON.stringify({ origins }) };
  const parsed = parseSettings(raw, { project: "naboom-mqtt", stack: "dev" });
  return parsed.success ? [] : parsed.faults;
}

describe("the origins of pages that may connect", () => {
  it("are none by default, and the config's", () => {
    expect(sampleSettings({}).origins).toEqual([]);
    const origins = ["https://app.example.org", "http://localhost:3000", "https://[::1]:8443"];
    expect(sampleSettings({ listeners: { origins } }).origins).toEqual(origins);
  });

  it("are the console's too where there is one, by each name of its certificate", () => {
    const given = {
      console: { enabled: true, port: 9_443 },
      certificates: { names: ["mqtt.example.org", "*.example.net", "::1"] },
      listeners: { origins: ["https://app.example.org", "https://[::1]:9443"] },
    };
    expect(sampleSettings(given).origins).toEqual([
      "https://mqtt.example.org:9443",
      "https://mqtt.example.net:9443",
      "https://[::1]:9443",
      "https://app.example.org",
    ]);
    expect(sampleSettings({ ...given, console: { enabled: false } }).origins).toHaveLength(2);
  });

  it("have no port where it is the usual one, as browsers send none", () => {
    const console = { enabled: true, port: 443 };
    expect(sampleSettings({ console, certificates: { names: ["a.example.org"] } }).origins).toEqual([
      "https://a.example.org",
    ]);
  });

  it.each([
    ["https://App.Example.org", "https://app.example.org"],
    ["https://app.example.org/", "https://app.example.org"],
    ["https://app.example.org:443", "https://app.example.org"],
    ["https://app.example.org/page?a#b", "https://app.example.org"],
    ["https://b\u00fccher.example", "https://xn--bcher-kva.example"],
  ])("are as browsers write them: for %s there is the command that says so", (given, wanted) => {
    const [fault, ...others] = faultsOf(["http://a.example", given]);
    expect(fault).toContain(
      `naboom-mqtt:listeners.origins[1] is ${JSON.stringify(given)}: an origin is http or https`,
    );
    expect(fault).toMatch(`config set --path 'naboom-mqtt:listeners.origins[1]' ${wanted}`);
    expect(others).toEqual([]);
  });

  it.each([
    "*",
    "app.example.org",
    "https://*.example.org",
    "null",
    "none",
    "",
    "ftp://a",
    "wss://a.example",
    3,
  ])("are no %j, which no command makes one of", (given) => {
    const [fault, ...others] = faultsOf([given]);
    expect(fault).toContain("an origin is http or https");
    expect(fault).toContain("config rm --path 'naboom-mqtt:listeners.origins[0]'");
    expect(others).toEqual([]);
  });
});
