import { describe, expect, it } from "vitest";
import { refuseProtected } from "./down.ts";

const KEY = "naboom-mqtt:protect";

/** What a stack's state has, in Pulumi's words, and whether each thing is protected there. */
function resources(isProtected: boolean) {
  const urn = (end: string) => `urn:pulumi:prod::naboom-mqtt::naboom-mqtt:infra:${end}`;
  const volume = "docker:index/volume:Volume";
  const key = "tls:index/privateKey:PrivateKey";
  return [
    {
      ...{ urn: urn(`Broker$${volume}::data`), type: volume, protect: isProtected },
      inputs: { name: "naboom-mqtt-prod-data" },
    },
    { urn: urn(`Broker$${volume}::revisions`), type: volume, inputs: { name: "naboom-mqtt-prod-revisions" } },
    { urn: urn(`Authority$${key}::authority-key-2`), type: key, protect: isProtected },
    { urn: urn(`Authority$${key}::server-key-1-1-0`), type: key },
  ];
}

async function refusal(
  found: readonly unknown[],
  config: readonly (readonly [string, string | undefined])[],
): Promise<string | undefined> {
  const stack = {
    name: "prod",
    export: async () => ({ deployment: { resources: found } }),
    config: async () => new Map(config),
  };
  return await refuseProtected(stack).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

const lost = "its messages (volume naboom-mqtt-prod-data) and its CA's key would be lost";
const off = "npm run pulumi -- --stack prod config set --path 'naboom-mqtt:protect' false";
const keep = "to stop the stack and keep them: npm run down -- --stack prod --keep-data";

describe("taking a stack down", () => {
  it("is refused where the config asks for protection and no update has seen it yet", async () => {
    expect(await refusal(resources(false), [[KEY, "true"]])).toBe(
      `stack prod is protected by its config, so nothing was removed: ${lost}; to take the protection off: ${off}; ${keep}`,
    );
  });

  it.each(["false", undefined])("is refused where the state says so and the config %s", async (value) => {
    expect(await refusal(resources(true), value === undefined ? [] : [[KEY, value]])).toBe(
      `stack prod is protected, so nothing was removed: ${lost}; to take the protection off: ${off} && npm run up -- --stack prod; ${keep}`,
    );
  });

  it("is refused where the config's value is neither true nor false, or secret", async () => {
    expect(await refusal(resources(false), [[KEY, "yes"]])).toContain("is protected by its config");
    expect(await refusal(resources(false), [[KEY, undefined]])).toContain("is protected by its config");
  });

  it("goes on where neither says so, and where there is nothing yet that could be lost", async () => {
    expect(await refusal(resources(false), [])).toBeUndefined();
    expect(await refusal(resources(false), [[KEY, "false"]])).toBeUndefined();
    const begun = resources(false).filter(({ urn }) => /revisions$|server-key/.test(urn));
    expect(await refusal(begun, [[KEY, "true"]])).toBeUndefined();
  });
});
