import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../infra/contract.ts";
import { parseSettings } from "../infra/settings.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { renewCertificates, revokeCertificates } from "./client-certificates.ts";

function settingsOf(users: Readonly<Record<string, unknown>>, mqtts = "identity"): Settings {
  const raw = {
    "naboom-mqtt:users": JSON.stringify(users),
    "naboom-mqtt:clientCertificates": JSON.stringify({ mqtts }),
  };
  const parsed = parseSettings(raw, { project: "naboom-mqtt", stack: "dev" });
  if (!parsed.success) throw new Error(parsed.faults.join());
  return parsed.data;
}

const rights = { read: ["naboom/#"] };

/** Certificates by user and generation, with their serial numbers. */
const outputs = {
  users: {
    web: { certificates: [certificate("web~2", "02"), certificate("web~1", "01")] },
    monitor: { certificates: [certificate("monitor~1", "03")] },
    gone: { certificates: [certificate("gone~2", "05"), certificate("gone~1", "04", true)] },
  },
} as unknown as StackOutputs;

function certificate(name: string, serial: string, revoked = false) {
  return { name, serial, revoked };
}

/** What was written into the config, by path. */
function recorder() {
  const written: Record<string, unknown> = {};
  return {
    written,
    set: (path: readonly string[], value: unknown) => {
      written[path.join(".")] = value;
    },
  };
}

const settings = settingsOf({ web: { ...rights, certificateGeneration: 2 }, monitor: rights });

describe("revoking", () => {
  it("takes back the older of two certificates, and leaves the newer one alone", () => {
    const config = recorder();
    expect(revokeCertificates(config, settings, ["web"], outputs, "dev")).toBe("Revoked: web~1.");
    expect(config.written).toEqual({ "clientCertificates.revoked.web~1": "01" });
  });

  it("takes back an only certificate, and has a new one issued in its place", () => {
    const config = recorder();
    revokeCertificates(config, settings, ["monitor"], outputs, "dev");
    expect(config.written).toEqual({
      "users.monitor.certificateGeneration": 2,
      "clientCertificates.revoked.monitor~1": "03",
    });
  });

  it("takes back all that a user has whom the config has lost, but for those that are revoked", () => {
    const config = recorder();
    revokeCertificates(config, settings, ["gone"], outputs, "dev");
    expect(config.written).toEqual({ "clientCertificates.revoked.gone~2": "05" });
  });

  it("names the users that there are where one has no certificate", () => {
    expect(() => revokeCertificates(recorder(), settings, ["nobody"], outputs, "dev")).toThrow(
      /user nobody has no client certificate that could be revoked; the stack's users are web, monitor, gone/,
    );
  });

  it("is refused where no listener asks for certificates, with the setting that would", () => {
    const none = settingsOf({ web: rights }, "none");
    expect(() => revokeCertificates(recorder(), none, ["web"], outputs, "far")).toThrow(
      /no listener asks .* npm run pulumi -- --stack far config set --path naboom-mqtt:clientCertificates.mqtts identity/,
    );
  });
});

it("renewing raises the generation, and names what to do once clients have the new one", () => {
  const config = recorder();
  expect(renewCertificates(config, settings, ["web"], "dev")).toContain("npm run rotate -- revoke web");
  expect(config.written).toEqual({ "users.web.certificateGeneration": 3 });
});
