import { describe, expect, it } from "vitest";
import { healthcheckTarget, renderHealthcheck } from "./healthcheck.ts";

describe("the healthcheck", () => {
  it("asks for a loopback name where the certificate has one", () => {
    expect(healthcheckTarget(["mqtt.example.org", "localhost"])).toEqual({
      host: "localhost",
      verifiesName: true,
    });
    expect(healthcheckTarget(["localhost", "127.0.0.1"])).toEqual({ host: "127.0.0.1", verifiesName: true });
    expect(renderHealthcheck(["mqtt.example.org", "localhost"], "p")).not.toContain("--insecure");
  });

  it("leaves only the name unchecked where the certificate has none that leads to the internal listener", () => {
    for (const names of [["192.0.2.1"], ["mqtt.example.org"], ["*.example.org"], ["::1"]]) {
      expect(healthcheckTarget(names)).toEqual({ host: "127.0.0.1", verifiesName: false });
      expect(renderHealthcheck(names, "p")).toMatch(/^--cafile .*\n--insecure$/m);
    }
  });

  it("logs in over TLS on the listener that only the container itself reaches", () => {
    expect(renderHealthcheck(["mqtt.example.org"], "p")).toMatch(
      /^--host 127.0.0.1\n--port 8885\n--cafile ca.crt$/m,
    );
  });
});
