import { describe, expect, it } from "vitest";
import { seedName, seedNumbers } from "./password-seed.ts";

const urn = (name: string) =>
  `urn:pulumi:dev::naboom-mqtt::naboom-mqtt:infra:Users$random:index/randomPassword:RandomPassword::${name}`;

describe("the seeds of a state", () => {
  it("are found by their resources' names, and no other resource is one", () => {
    const names = [seedName(2), seedName(14), "healthcheck"];
    const resources = [
      { urn: "urn:pulumi:dev::naboom-mqtt::pulumi:pulumi:Stack::naboom-mqtt-dev" },
      ...names.map((name) => ({ urn: urn(name), outputs: {} })),
      { urn: "urn:pulumi:dev::naboom-mqtt::docker:index/container:Container::passwords-9" },
    ];
    expect(seedNumbers({ version: 3, deployment: { resources } })).toEqual([2, 14]);
  });

  it("are none where the stack holds nothing", () => {
    expect(seedNumbers({ version: 3, deployment: { manifest: {} } })).toEqual([]);
  });
});
