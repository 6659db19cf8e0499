import { describe, expect, it } from "vitest";
import { nearestWord } from "./near-word.ts";

const keys = ["read", "write", "readwrite", "deny", "patterns", "roles", "listeners", "rotation", "retired"];

describe("the word that was meant", () => {
  it.each([
    ["listenrs", "listeners"],
    ["Listeners", "listeners"],
    ["lsiteners", "listeners"],
    ["listener", "listeners"],
    ["role", "roles"],
    ["reed", "read"],
    ["wirte", "write"],
    ["dney", "deny"],
    ["readwrit", "readwrite"],
  ])("by %s is %s", (given, meant) => {
    expect(nearestWord(given, keys)).toBe(meant);
  });

  it.each(["colour", "allow", "on", "", "reading-and-writing"])("by %j is not known", (given) => {
    expect(nearestWord(given, keys)).toBeUndefined();
  });

  it("is not guessed where two are as near", () => {
    expect(nearestWord("mqttx", ["mqtt", "mqtts"])).toBeUndefined();
    expect(nearestWord("users", ["user-a", "user-b"])).toBeUndefined();
  });
});
