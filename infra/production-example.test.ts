import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listenerIn, listeners, listenersIn } from "../mosquitto/listener.ts";
import { projectFolder } from "../toolchain/project.ts";
import { isLoopback } from "./listener-settings.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

describe("the example of a stack for production", () => {
  const settings = settingsOf("prod");

  it("is reached from elsewhere by TLS only, by the same listeners as dev but for ws, which nobody uses", () => {
    expect(listenersIn(settings.listeners)).toEqual(["mqtt", "mqtts", "wss"]);
    for (const name of listenersIn(settings.listeners)) {
      const { address, port } = listenerIn(settings.listeners, name);
      expect(isLoopback(address), name).toBe(!listeners[name].tls);
      expect(port).toBe(settingsOf("dev").listeners[name]?.port);
    }
    expect(settings.plainListeners).toBeUndefined();
  });

  it("has what a stack for production should: protection, its own certificate, long passwords, and ages", () => {
    const { protect, certificates, passwords, policy } = settings;
    expect(protect).toBe(true);
    expect(certificates.own).toBeDefined();
    expect(passwords.length).toBe(64);
    expect(Object.values(policy).every((days) => days !== undefined)).toBe(true);
    expect(Object.keys(policy)).toEqual(["maxPasswordAge", "maxCertificateAge"]);
  });

  it("gives nobody but the service more than the topics that it is for", () => {
    const { "naboom-mqtt": service, ...others } = settings.users;
    expect(service?.rules).toEqual([{ access: "readwrite", filter: "naboom/#" }]);
    expect(Object.keys(others)).toEqual(["publisher", "web-reader", "monitor"]);
    for (const user of Object.values(others)) {
      expect(new Set(user.rules.map(({ access }) => access)).size).toBe(1);
      expect(user.rules.every(({ filter }) => !["#", "naboom/#"].includes(filter))).toBe(true);
      expect(user.listeners.every((name) => listeners[name].tls)).toBe(true);
    }
  });
});

/** The settings that a committed config file stands for. */
function settingsOf(stack: string): Settings {
  const text = readFileSync(join(projectFolder, `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };
  const raw = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const parsed = parseSettings(Object.fromEntries(raw), { project: "naboom-mqtt", stack });
  if (!parsed.success) throw new Error(parsed.faults.join("\n"));
  return parsed.data;
}
