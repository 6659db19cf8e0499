import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Access } from "./page/account-access.ts";
import { accessFileOf, openAccess } from "./page/opened-access.ts";
import { sealAccess } from "./sealed-access.ts";

const password = "q".repeat(40);
const access = {
  rules: [
    { access: "readwrite" as Access, filter: "naboom/#" },
    { access: "deny" as Access, filter: "naboom/system/#" },
  ],
  listeners: [{ name: "wss", url: "wss://localhost:8884" }],
};
const sealed = sealAccess({ account: "ann", password, ...access });

describe("a sealed file", () => {
  test("is opened by the page with the account's password", async () => {
    expect(await openAccess(sealed.content, "ann", password)).toEqual(access);
  });

  test("has the name that the page asks for, which nobody can tell without the password", async () => {
    expect(sealed.name).toBe(await accessFileOf("ann", password));
    expect(sealed.name).toMatch(/^[0-9a-f]{64}\.json$/);
    const others = [`${password}q`, ""].map((other) => accessFileOf("ann", other));
    expect(new Set([sealed.name, ...(await Promise.all(others))]).size).toBe(3);
    expect(sealAccess({ account: "bob", password, ...access }).name).not.toBe(sealed.name);
  });

  test("of any account, password and rules is opened again", async () => {
    const rule = fc.record({
      access: fc.constantFrom<Access[]>("read", "write", "readwrite", "deny"),
      filter: fc.string({ unit: "grapheme" }),
    });
    const clientId = fc.string({ unit: "grapheme" });
    const listener = fc.record({ name: fc.string(), url: fc.webUrl() });
    const input = fc.record(
      {
        account: fc.string({ unit: "grapheme" }),
        password: fc.string({ minLength: 20, unit: "grapheme" }),
        rules: fc.array(rule),
        listeners: fc.array(listener),
        clientId,
      },
      { requiredKeys: ["account", "password", "rules", "listeners"] },
    );
    await fc.assert(
      fc.asyncProperty(input, async ({ account, password, ...access }) => {
        const file = sealAccess({ account, password, ...access });
        expect(await openAccess(file.content, account, password)).toEqual(access);
        expect(file.name).toBe(await accessFileOf(account, password));
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  test("is not opened with another password, nor as another account's", async () => {
    await expect(openAccess(sealed.content, "ann", `${password}q`)).rejects.toThrow();
    await expect(openAccess(sealed.content, "bob", password)).rejects.toThrow();
  });

  test("is not opened once a single letter of it has changed", async () => {
    const { sealed: text, ...rest } = JSON.parse(sealed.content);
    const changed = JSON.stringify({ ...rest, sealed: `${text[0] === "A" ? "B" : "A"}${text.slice(1)}` });
    await expect(openAccess(changed, "ann", password)).rejects.toThrow();
  });

  test("comes out the same as long as nothing has changed", () => {
    expect(sealAccess({ account: "ann", password, ...access })).toEqual(sealed);
  });

  test("has another nonce for other rules, and another for another password", () => {
    const nonces = [
      sealed,
      sealAccess({ account: "ann", password, rules: access.rules.slice(1), listeners: access.listeners }),
      sealAccess({ account: "ann", password: `${password}q`, ...access }),
      sealAccess({ account: "bob", password, ...access }),
    ].map(({ content }) => JSON.parse(content).nonce);
    expect(new Set(nonces).size).toBe(4);
  });

  test("shows neither rules nor, by its length, how many there are", () => {
    expect(sealed.content).not.toContain("naboom");
    const fewer = sealAccess({ account: "ann", password, rules: [], listeners: [] });
    expect(fewer.content.length).toBe(sealed.content.length);
  });
});
