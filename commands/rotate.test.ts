import { describe, expect, it } from "vitest";
import { parseSettings } from "../infra/settings.ts";
import type { Update } from "../toolchain/state-files.ts";
import { UserError } from "../toolchain/user-error.ts";
import { giveUp, planChange } from "./rotate.ts";

const rights = { read: ["naboom/#"] };
const own = { chain: "server.crt", key: "server.key", authority: "ca.crt" };

/** A config of these settings, which records what is written into it. */
function recorder(settings: Readonly<Record<string, unknown>>) {
  const written: Record<string, unknown> = {};
  const raw = Object.entries(settings).map(([key, value]) => [`naboom-mqtt:${key}`, JSON.stringify(value)]);
  return {
    written,
    settings: () => {
      const parsed = parseSettings(Object.fromEntries(raw), { project: "naboom-mqtt", stack: "dev" });
      if (!parsed.success) throw new Error(parsed.faults.join());
      return parsed.data;
    },
    set: (path: readonly string[], value: unknown) => {
      written[path.join(".")] = value;
    },
    remove: (path: readonly string[]) => {
      written[path.join(".")] = undefined;
    },
    has: () => true,
  };
}

const state = {
  name: "dev",
  export: async () => ({ deployment: { resources: [] } }),
  outputs: async () => ({}),
};

const users = { a: rights, b: { ...rights, rotation: "overlap" } };

describe("with a certificate that the user brought", () => {
  const refused: [string, boolean][] = [
    ["server-certificate", false],
    ["ca", false],
    ["ca", true],
  ];

  it.each(refused)("rotating %s (--finish %s) is refused, and changes nothing", (what, finish) => {
    const config = recorder({ users, certificates: { own } });
    const plan = () => planChange(config, what, [], { finish, stack: "far" });
    expect(plan).toThrow(UserError);
    expect(plan).toThrow(
      "the server's certificate, key and CA are certificates.own, which is yours to renew: put the new ones there, then: npm run up -- --stack far",
    );
    expect(config.written).toEqual({});
  });

  it("rotating all rotates passwords only, and says so", async () => {
    const config = recorder({ users, certificates: { own } });
    const change = planChange(config, "all", [], { finish: false, stack: "dev" });
    expect(await change(state)).toMatch(
      /^New passwords for a, b: .*\nPasswords only are rotated: the server's certificate, key and CA are certificates.own/,
    );
    expect(config.written).toEqual({ "users.a.generation": 2, "users.b.generation": 2 });
  });
});

describe("with certificates of the stack's", () => {
  it("rotating all rotates every password and the server's certificate", async () => {
    const config = recorder({ users });
    const change = planChange(config, "all", [], { finish: false, stack: "dev" });
    expect(await change(state)).toMatch(
      /^New passwords for a, b: .*\nThe server has a new certificate and key.$/,
    );
    expect(config.written).toEqual({
      "users.a.generation": 2,
      "users.b.generation": 2,
      "certificates.serverGeneration": 2,
    });
  });

  it("a CA is rotated in two steps, and neither is made twice", () => {
    const first = recorder({ users });
    planChange(first, "ca", [], { finish: false, stack: "dev" });
    expect(first.written).toEqual({
      "certificates.authorityGeneration": 2,
      "certificates.authorityInForce": 1,
    });
    expect(() => planChange(first, "ca", [], { finish: true, stack: "dev" })).toThrow(
      /: npm run rotate -- ca$/,
    );
    const begun = recorder({ users, certificates: { authorityGeneration: 2, authorityInForce: 1 } });
    expect(() => planChange(begun, "ca", [], { finish: false, stack: "dev" })).toThrow(/-- ca --finish$/);
    planChange(begun, "ca", [], { finish: true, stack: "dev" });
    expect(begun.written).toEqual({ "certificates.authorityInForce": undefined });
  });
});

describe("a command that names no user, or one that there is not", () => {
  it.each(["users", "retire", "client-certificate", "revoke"])(
    "is refused for %s, and proposes no other user's name",
    (what) => {
      expect(() => planChange(recorder({ users }), what, [], { finish: false, stack: "dev" })).toThrow(
        `no user was named; there are a, b: npm run rotate -- ${what} NAME`,
      );
    },
  );

  it.each(["users", "retire", "client-certificate"])("is refused for %s of an unknown one", (what) => {
    const plan = () => planChange(recorder({ users }), what, ["a", "zz"], { finish: false, stack: "dev" });
    expect(plan).toThrow(`there is no user zz; there are a, b: npm run rotate -- ${what} NAME`);
  });
});

it("a certificate is not revoked where an update that failed left no outputs, which one sentence says", async () => {
  const change = planChange(recorder({ users }), "revoke", ["a"], { finish: false, stack: "dev" });
  await expect(change(state)).rejects.toThrow(UserError);
  await expect(change(state)).rejects.toThrow(
    /^stack dev lacks outputs \(.*\), .*; bring it up with: npm run up/,
  );
});

describe("an update that did not succeed", () => {
  const said = async (last: Update | undefined, restored = true) => {
    const stack = { name: "dev", lastUpdate: async () => last };
    return await giveUp({ restore: async () => restored }, stack, { began: "10:00", changes: 0 });
  };

  it("has the config put back where it changed nothing", async () => {
    expect(await said({ began: "10:05", changes: 0 })).toMatch(/^Nothing has rotated/);
  });

  it("keeps the config where something changed, or where only one before it is known, as it was killed", async () => {
    for (const last of [{ began: "10:05", changes: 1 }, { began: "10:00", changes: 0 }, undefined]) {
      expect(await said(last)).toMatch(/^The update failed on its way, .* keeps what it was to do/);
    }
  });
});
