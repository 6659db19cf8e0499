import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../infra/contract.ts";
import { isClosed } from "./endpoint.ts";

const pair = { certificate: "certificate", key: "key" };

function outputsWith(mqtts: string, ...certificates: (typeof pair | undefined)[]): StackOutputs {
  const credentials = certificates.map((clientCertificate, index) => [`user${index}`, { clientCertificate }]);
  const listeners = { mqtts: { clientCertificates: mqtts }, wss: { clientCertificates: "none" } };
  return { listeners, credentials: Object.fromEntries(credentials) } as unknown as StackOutputs;
}

describe("a listener that asks for certificates", () => {
  it("is closed where no user has one", () => {
    expect(isClosed(outputsWith("besides-password", undefined, undefined), "mqtts")).toBe(true);
    expect(isClosed(outputsWith("identity", undefined), "mqtts")).toBe(true);
  });

  it("is open where any user has one, as others are then refused for their passwords", () => {
    expect(isClosed(outputsWith("besides-password", undefined, pair), "mqtts")).toBe(false);
  });
});

it("a listener that asks for no certificate is open to everybody", () => {
  expect(isClosed(outputsWith("besides-password", undefined), "wss")).toBe(false);
});
