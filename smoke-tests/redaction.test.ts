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

  it("takes no longer for a text where 1,000 users have passwords than where 10 have", () => {
    const passwordOf = (user: number) => createHash("sha256").update(`${user}`).digest("base64url");
    const few = Array.from({ length: 10 }, (_, user) => [`user-${user}`, passwordOf(user)]);
    const many = Array.from({ length: 1_000 }, (_, user) => [`user-${user}`, passwordOf(user)]);
    const milliseconds = [few, many].map((users) => {
      const redact = redactionOf(Object.fromEntries(users));
      const turns = [1, 2, 3].map(() => {
        const started = performance.now();
        for (let text = 0; text < 2_000; text += 1) {
          const words = `what user ${text} may not read does not come`;
          expect(redact(`${words}: ${passwordOf(text % 10)}`)).toBe(`${words}: ${REDACTED}`);
        }
        return performance.now() - started;
      });
      return Math.min(...turns);
    });
    const [short = 0, long = 0] = milliseconds;
    // Whoever looks for each secret in turn takes 50 times as long.
    expect(long / short).toBeLessThan(10);
  });

  it("leaves all other text as it is", () => {
    const redact = redactionOf({ one: "correct-horse" });
    expect(redact("user one is refused with 0x87")).toBe("user one is refused with 0x87");
  });
});
