import { describe, expect, it } from "vitest";
import { noClientCertificates } from "./client-certificate.ts";
import { healthcheckListener, healthcheckTarget, renderHealthcheck } from "./healthcheck.ts";

describe("the healthcheck", () => {
  it("asks for a loopback name where the certificate has one", () => {
    expect(healthcheckTarget(["mqtt.example.org", "::1"])).toEqual({
      host: "::1",
      needsHostsEntry: false,
      verifiesName: true,
    });
  });

  it("is led to the container itself under a public name, and under one of a wildcard's", () => {
    const target = { needsHostsEntry: true, verifiesName: true };
    expect(healthcheckTarget(["192.0.2.1", "mqtt.example.org"])).toEqual({
      host: "mqtt.example.org",
      ...target,
    });
    expect(healthcheckTarget(["*.example.org"])).toEqual({ host: "healthcheck.example.org", ...target });
  });

  it("leaves only the name unchecked where the certificate has nothing but other hosts' addresses", () => {
    expect(renderHealthcheck(["192.0.2.1"], "p", "mqtts")).toMatch(/^--cafile .*\n--insecure$/m);
    expect(renderHealthcheck(["localhost"], "p", "mqtts")).not.toContain("--insecure");
  });

  it("stays inside the container, in the clear, where the TLS listener asks for certificates", () => {
    expect(healthcheckListener({ mqtts: "identity", wss: "none" })).toBe("mqtt");
    expect(healthcheckListener(noClientCertificates)).toBe("mqtts");
    expect(renderHealthcheck(["mqtt.example.org"], "p", "mqtt")).toMatch(/^--host 127.0.0.1\n--port 1883$/m);
  });
});
