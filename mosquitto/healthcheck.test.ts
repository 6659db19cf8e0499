import { describe, expect, it } from "vitest";
import { noClientCertificates } from "./client-certificate.ts";
import { healthcheckListener, healthcheckTarget, renderHealthcheck } from "./healthcheck.ts";

describe("the healthcheck", () => {
  it("asks for a loopback name where the certificate has one", () => {
    expect(healthcheckTarget(["mqtt.example.org", "::1"])).toEqual({ host: "::1", verifiesName: true });
    expect(renderHealthcheck(["mqtt.example.org", "localhost"], "p", "mqtts")).not.toContain("--insecure");
  });

  it("leaves only the name unchecked where the certificate has none that leads to the container itself", () => {
    for (const names of [["192.0.2.1"], ["mqtt.example.org"], ["*.example.org"]]) {
      expect(healthcheckTarget(names)).toEqual({ host: "localhost", verifiesName: false });
      expect(renderHealthcheck(names, "p", "mqtts")).toMatch(/^--cafile .*\n--insecure$/m);
    }
  });

  it("stays inside the container, in the clear, where the TLS listener asks for certificates", () => {
    expect(healthcheckListener({ mqtts: "identity", wss: "none" })).toBe("mqtt");
    expect(healthcheckListener(noClientCertificates)).toBe("mqtts");
    expect(renderHealthcheck(["mqtt.example.org"], "p", "mqtt")).toMatch(/^--host 127.0.0.1\n--port 1883$/m);
  });
});
