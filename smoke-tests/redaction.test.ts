import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedaction, REDACTED, type Redaction } from "./redaction.ts";

const password = fc.string({ minLength: 8, unit: "binary" }).filter((text) => text.isWellFormed());

const written: ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  JSON.stringify,
  (text) => Buffer.from(text).toString("base64"),
  (text) => Buffer.from(text).toString("base64url"),
  (text) => Buffer.from(text).toString("hex"),
];

function redactionOf(passwords: Readonly<Record<string, string>>): Redaction {
  const entries = Object.entries(passwords).map(([username, password]) => [
    username,
    { username, password, connections: [] },
  ]);
  return createRedaction({ credentials: Object.fromEntries(entries), proofCredentials: {} });
}

describe("redaction", () => {
  it("lets no password through, however it is written", () => {
    fc.assert(
      fc.property(password, fc.constantFrom(...written), (secret, write) => {
        const redact = redactionOf({ one: secret });
        const text = redact(`before ${write(secret)} after`);
        expect(text).not.toContain(secret);
        expect(text.startsWith("before ") && text.endsWith(" after")).toBe(true);
        expect(text).toContain(REDACTED);
      }),
    );
  });

  it("takes the longer of two passwords first when one begins with the other", () => {
    const redact = redactionOf({ short: "correct-horse", long: "correct-horse-battery" });
    expect(redact("correct-horse-battery and correct-horse")).toBe(`${REDACTED} and ${REDACTED}`);
  });

  it("lets the passwords of further accounts through no more than the first", () => {
    const [further, proof] = [
      { username: "one-2", password: "battery-staple" },
      { username: "one-proof", password: "purple-monkey" },
    ];
    const redact = createRedaction({
      credentials: { one: { username: "one", password: "correct-horse", connections: [further] } },
      proofCredentials: { one: [proof] },
    });
    expect(redact("battery-staple, purple-monkey")).toBe(`${REDACTED}, ${REDACTED}`);
  });

  it("leaves no end of a password where another one overlaps with it", () => {
    const redact = redactionOf({ first: "horse-battery", second: "battery-staple" });
    expect(redact("correct-horse-battery-staple!")).toBe(`correct-${REDACTED}!`);
    expect(redact("horse-batterybattery-staple")).toBe(`${REDACTED}${REDACTED}`);
  });

  it("takes the passwords of 1,000 users out of 20,000 texts in a fraction of what 1,000 searches a text take", () => {
    const passwordOf = (user: number) => createHash("sha256").update(`${user}`).digest("base64url");
    const users = Array.from({ length: 1_000 }, (_, user) => [`user-${user}`, passwordOf(user)]);
    const redact = redactionOf(Object.fromEntries(users));
    const started = performance.now();
    for (let text = 0; text < 20_000; text += 1) {
      const words = `what user ${text} may not read does not come`;
      expect(redact(`${words}: ${passwordOf(text % 1_000)}`)).toBe(`${words}: ${REDACTED}`);
    }
    // Seen: 0.4 s, and 16 s where each text is searched for each secret.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("leaves all other text as it is", () => {
    const redact = redactionOf({ one: "correct-horse" });
    expect(redact("user one is refused with 0x87")).toBe("user one is refused with 0x87");
  });
});
