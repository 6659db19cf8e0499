import { describe, expect, it } from "vitest";
import { sampleSettings } from "./sample-settings.ts";
import { written, writtenRules } from "./written-rules.ts";

function shown(config: Readonly<Record<string, unknown>>): readonly string[] {
  return writtenRules(sampleSettings(config)).map((rule) => {
    const place = "name" in rule.place ? `${rule.place.kind} ${rule.place.name}` : rule.place.kind;
    return `${place}: ${written(rule)} (${rule.held.map(({ user }) => user).join()})`;
  });
}

describe("rules where they were written", () => {
  it("stand once with a role, with all that have it, or with nobody", () => {
    const roles = { reader: { read: ["a"] }, nobodys: { read: ["b"] } };
    const users = { web: { roles: ["reader"], write: ["c"] }, app: { roles: ["reader"] } };
    expect(shown({ users, roles })).toEqual([
      "user web: write c (web)",
      "role reader: read a (web,app)",
      "role nobodys: read b ()",
    ]);
  });

  it("stand with everyone where they are everybody's patterns", () => {
    const users = { web: { read: ["a"] }, app: { patterns: { read: ["x/%u"] } } };
    expect(shown({ users, patterns: { read: ["own/%u", "d/%c"] } })).toEqual([
      "user web: read a (web)",
      "everyone: read own/%u (web,app)",
      "user app: read x/%u (app)",
      "everyone: read d/%c ()",
    ]);
  });
});
