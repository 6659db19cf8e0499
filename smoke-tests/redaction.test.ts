import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedaction, REDACTED } from "./redaction.ts";

const password = fc.string({ minLength: 8, unit: "binary" }).filter((text) => text.isWellFormed());

const written: ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  JSON.stringify,
  (text) => Buffer.from(text).toString("base64"),
  (text) => Buffer.from(text).toString("base64url"),
  (text) => Buffer.from(text).toString("hex"),
];

describe("redaction", () => {
  it("lets no password through, however it is written", () => {
    fc.assert(
      fc.property(password, fc.constantFrom(...written), (secret, write) => {
        const redact = createRedaction({ credentials: { one: { username: "one", password: secret } } });
        const text = redact(`before ${write(secret)} after`);
        expect(text).not.toContain(secret);
        expect(text.startsWith("before ") && text.endsWith(" after")).toBe(true);
        expect(text).toContain(REDACTED);
      }),
    );
  });

  it("takes the longer of two passwords first when one begins with the other", () => {
    const redact = createRedaction({
      credentials: {
        short: { username: "short", password: "correct-horse" },
        long: { username: "long", password: "correct-horse-battery" },
      },
    });
    expect(redact("correct-horse-battery and correct-horse")).toBe(`${REDACTED} and ${REDACTED}`);
  });

  it("leaves all other text as it is", () => {
    const redact = createRedaction({ credentials: { one: { username: "one", password: "correct-horse" } } });
    expect(redact("user one is refused with 0x87")).toBe("user one is refused with 0x87");
  });
});
