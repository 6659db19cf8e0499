import { afterEach, describe, expect, inject, it } from "vitest";
import { type AccessRule, accesses } from "../mosquitto/acl.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import { provePolicy } from "../smoke-tests/policy/policy-proof.ts";
import type { Check } from "../smoke-tests/proof.ts";
import { protocolVersions } from "../smoke-tests/reason-codes.ts";
import { startTwin, type Twin, type TwinFiles, type TwinUsers } from "../testing/twin-fixture.ts";
import { mutatedPolicy } from "./mutated-policy.ts";
import { policyMutations } from "./mutations.ts";

const image = inject("workbench").environment.NABOOM_MQTT_IMAGE ?? "";

type Rights = Readonly<Partial<Record<AccessRule["access"], readonly string[]>>>;

function rulesOf(rights: Rights): AccessRule[] {
  return accesses.flatMap((access) => (rights[access] ?? []).map((filter) => ({ access, filter })));
}

const { roles, patterns } = mutatedPolicy;

const users: TwinUsers = Object.fromEntries(
  Object.entries(mutatedPolicy.users).map(([name, user]) => {
    const granted = "roles" in user ? user.roles.flatMap(() => rulesOf(roles.community)) : [];
    const on = "listeners" in user ? { listeners: user.listeners as ListenerName[] } : {};
    return [name, { rules: [...granted, ...rulesOf(user as Rights)], ...on }];
  }),
);

let twin: Twin | undefined;

afterEach(async () => {
  await twin?.stop();
  twin = undefined;
});

async function prove(
  change: (files: TwinFiles) => Partial<TwinFiles> = () => ({}),
): Promise<readonly Check[]> {
  twin = await startTwin({ image, users, patterns: rulesOf(patterns), change });
  return await provePolicy(twin.target);
}

function failed(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ outcome }) => outcome === "failed");
}

describe("the proof of the policy", () => {
  it("passes on the files of the policy, with both versions of the protocol on each listener", async () => {
    const checks = await prove();
    expect(failed(checks)).toEqual([]);
    const places = new Set(checks.map(({ listener, version, name }) => `${listener} ${version} ${name}`));
    for (const listener of ["mqtt", "mqtts", "ws", "wss"]) {
      for (const version of protocolVersions) {
        for (const name of ["what may be read is served", "what may be written arrives"]) {
          expect([...places]).toContain(`${listener} ${version} ${name}`);
        }
      }
    }
  });

  it.each(policyMutations)("notices that $name", async ({ change, caught }) => {
    expect(failed(await prove(change))).toContainEqual(expect.objectContaining(caught));
  });
});
