import { describe, expect, it } from "vitest";
import { checkProtection, protectedAuthority } from "./protection.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

const own = { chain: "c", key: "k", authority: "a" };

function settingsOf(protect: boolean, certificates: Readonly<Record<string, unknown>> = {}): Settings {
  const raw = { "p:protect": String(protect), "p:certificates": JSON.stringify(certificates) };
  const parsed = parseSettings(raw, { project: "p", stack: "prod" });
  if (!parsed.success) throw new Error(parsed.faults.join("\n"));
  return parsed.data;
}

function check(certificates: Readonly<Record<string, unknown>>, key: number | undefined): () => void {
  return () => checkProtection("prod", settingsOf(true, certificates), key);
}

describe("the CA's key that is protected", () => {
  it("is the newest, and none without protection or with a certificate of one's own", () => {
    expect(protectedAuthority(settingsOf(true))).toBe(1);
    expect(protectedAuthority(settingsOf(true, { authorityGeneration: 3, authorityInForce: 2 }))).toBe(3);
    expect(protectedAuthority(settingsOf(true, { own }))).toBeUndefined();
    expect(protectedAuthority(settingsOf(false))).toBeUndefined();
  });

  it("stays through both steps of a rotation, so that neither is refused", () => {
    expect(check({ authorityGeneration: 2, authorityInForce: 1 }, 1)).not.toThrow();
    expect(check({ authorityGeneration: 2 }, 2)).not.toThrow();
    expect(check({ authorityGeneration: 2 }, undefined)).not.toThrow();
  });

  it("may not be replaced in one step, with the command that goes back to where it is", () => {
    const sentence =
      "naboom-mqtt:certificates.authorityGeneration is 2, which would delete the key of CA 1, which is protected";
    expect(check({ authorityGeneration: 2 }, 1)).toThrow(sentence);
    expect(check({ authorityGeneration: 3, authorityInForce: 2 }, 1)).toThrow(
      "is replaced in two steps by `npm run rotate -- --stack prod ca`, from where it is: " +
        "npm run pulumi -- --stack prod config set --path 'naboom-mqtt:certificates.authorityGeneration' 1",
    );
    expect(() => checkProtection("prod", settingsOf(false, { authorityGeneration: 2 }), 1)).toThrow(
      "protected",
    );
  });

  it("may not be replaced by a certificate of one's own", () => {
    expect(check({ own }, 1)).toThrow(
      "naboom-mqtt:certificates.own would delete the key of the stack's CA 1",
    );
    expect(check({ own }, undefined)).not.toThrow();
  });
});
