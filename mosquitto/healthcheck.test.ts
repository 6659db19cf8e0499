import { describe, expect, it } from "vitest";
import { healthcheckTarget, renderHealthcheck } from "./healthcheck.ts";

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
    expect(renderHealthcheck(["192.0.2.1"], "p")).toMatch(/^--cafile .*\n--insecure$/m);
    expect(renderHealthcheck(["localhost"], "p")).not.toContain("--insecure");
  });
});
