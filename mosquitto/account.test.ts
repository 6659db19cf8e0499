import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountsOf, seedNumber } from "./account.ts";

describe("a user's accounts", () => {
  it("are one, of the user's own name, where the password is replaced", () => {
    expect(accountsOf("web", { generation: 5, rotation: "replace", overlapSince: 1, retired: 0 })).toEqual([
      { name: "web", generation: 5 },
    ]);
  });

  it("take turns where rotation overlaps, and begin with the user's own name", () => {
    const at = (generation: number, retired = 0) =>
      accountsOf("web", { generation, rotation: "overlap", overlapSince: 3, retired }).map(
        (account) => `${account.name}:${account.generation}`,
      );
    expect(at(3)).toEqual(["web:3"]);
    expect(at(4)).toEqual(["web-b:4", "web:3"]);
    expect(at(5)).toEqual(["web:5", "web-b:4"]);
    expect(at(5, 4)).toEqual(["web:5"]);
  });

  it("keep the current account's name and password when the next generation comes", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (since, more) => {
        const state = { rotation: "overlap" as const, overlapSince: since + 1, retired: 0 };
        const [current] = accountsOf("web", { ...state, generation: since + 1 + more });
        const [next, previous] = accountsOf("web", { ...state, generation: since + 2 + more });
        expect(previous).toEqual(current);
        expect(next.name).not.toBe(current.name);
      }),
    );
  });
});

describe("the seed of a generation", () => {
  it("has the generation's number, unless the config names another one", () => {
    expect(seedNumber({}, 3)).toBe(3);
    expect(seedNumber({ seeds: { "4": 9 } }, 3)).toBe(3);
    expect(seedNumber({ seeds: { "4": 9 } }, 4)).toBe(9);
  });
});
