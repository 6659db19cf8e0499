import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveCredential, passwordLine } from "./password.ts";

const seeds = fc
  .uint8Array({ minLength: 32, maxLength: 64 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));

describe("a derived credential", () => {
  it("has a password of letters and digits in the length asked for, and a salt of 12 bytes", () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.integer({ min: 32, max: 128 }), (seed, user, length) => {
        const { password, salt } = deriveCredential({ seed, user, length });
        expect(password).toMatch(new RegExp(`^[A-Za-z0-9]{${length}}$`));
        expect(Buffer.from(salt, "base64")).toHaveLength(12);
      }),
    );
  });

  it("is the same for the same seed and user, and another for another user or seed", () => {
    fc.assert(
      fc.property(seeds, seeds, fc.string(), fc.string(), (seed, other, user, stranger) => {
        fc.pre(seed !== other && user !== stranger);
        const credential = deriveCredential({ seed, user, length: 40 });
        expect(deriveCredential({ seed, user, length: 40 })).toEqual(credential);
        expect(deriveCredential({ seed, user: stranger, length: 40 }).password).not.toBe(credential.password);
        expect(deriveCredential({ seed: other, user, length: 40 }).salt).not.toEqual(credential.salt);
      }),
    );
  });

  it("uses every letter and digit about as often", () => {
    const text = Array.from({ length: 500 }, (_, user) =>
      deriveCredential({ seed: "a".repeat(43), user: `${user}`, length: 62 }),
    )
      .map(({ password }) => password)
      .join("");
    const counts = new Map<string, number>();
    for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 500 are expected of each; six standard deviations are 133.
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(133);
  });

  it("is refused where the seed is too short", () => {
    expect(() => deriveCredential({ seed: "a".repeat(42), user: "a", length: 40 })).toThrow(RangeError);
  });
});

describe("a password line", () => {
  it("is the reference document's line for the reference document's password", async () => {
    const salt = "bLFQ29a0yGGy3HgK";
    const line = await passwordLine("naboom-mqtt", { password: "NaboomMQTT2024!", salt }, 101);
    expect(line).toBe(
      "naboom-mqtt:$7$101$bLFQ29a0yGGy3HgK$HgVuC2WYqWBqJ2w8by3mOl61v8YHiiiiHmugcYUG0ELFwnmPb8/6dHwSCLrz1M6n13KlotZzJ+VNNOWLu/l3Rw==",
    );
  });
});
