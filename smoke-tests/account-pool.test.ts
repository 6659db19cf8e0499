import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../infra/contract.ts";
import { AccountPool } from "./account-pool.ts";

const accounts = Array.from({ length: 10 }, (_, index) => ({
  username: `web~proof-${index}`,
  password: "p",
}));

const outputs = {
  credentials: { web: { username: "web", password: "secret", connections: [] } },
  proofCredentials: { web: accounts },
} as unknown as StackOutputs;

const web = { version: 5, username: "web", password: "secret" } as const;

describe("a pool of accounts", () => {
  it("has one for each connection, and gives it to the next when that has ended", async () => {
    const pool = new AccountPool(outputs, "checks");
    const leases = [await pool.take({ ...web, clientId: "a" }), await pool.take({ ...web, clientId: "b" })];
    expect(leases.map((lease) => lease?.logIn.username)).toEqual(["web~proof-8", "web~proof-9"]);
    const third = pool.take({ ...web, clientId: "c" });
    expect(await Promise.race([third, Promise.resolve("waits")])).toBe("waits");
    leases[0]?.end();
    leases[0]?.end();
    expect((await third)?.logIn.username).toBe("web~proof-8");
  });

  it("gives the same one to whoever comes back for a session", async () => {
    const pool = new AccountPool(outputs, "checks");
    const first = await pool.take({ ...web, clientId: "a", clean: false, sessionSeconds: 60 });
    first?.end();
    const others = [await pool.take({ ...web, clientId: "b" })];
    const again = await pool.take({ ...web, clientId: "a", clean: false });
    expect(again?.logIn).toEqual(first?.logIn);
    expect(others.map((lease) => lease?.logIn)).not.toContainEqual(first?.logIn);
  });

  it("shares none with the proof of the policy", async () => {
    const pool = new AccountPool(outputs, "policy");
    const leases = await Promise.all(
      Array.from({ length: 8 }, (_, index) => pool.take({ ...web, clientId: `${index}` })),
    );
    expect(leases.map((lease) => lease?.logIn)).toEqual(accounts.slice(0, 8));
  });

  it("has none for a wrong password, nor where client ids are free", async () => {
    const pool = new AccountPool(outputs, "checks");
    expect(await pool.take({ ...web, password: "wrong", clientId: "a" })).toBeUndefined();
    const free = new AccountPool({ ...outputs, proofCredentials: {} }, "checks");
    expect(await free.take({ ...web, clientId: "a" })).toBeUndefined();
  });
});
