import { describe, expect, it } from "vitest";
import { parseSettings } from "../infra/settings.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { accountsOf, seedNumber } from "../mosquitto/account.ts";
import { retireAccounts, rotatePasswords } from "./user-rotation.ts";

type Users = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const rights = { read: ["naboom/#"] };
const overlap = { ...rights, rotation: "overlap" };

/** A config of users, which settings are read from anew after each change. */
class TrialConfig {
  readonly users: Record<string, Record<string, unknown>>;

  constructor(users: Users) {
    this.users = structuredClone(users) as Record<string, Record<string, unknown>>;
  }

  settings(): Settings {
    const named = Object.keys(this.users).length > 0;
    const raw: Record<string, string> = named ? { "naboom-mqtt:users": JSON.stringify(this.users) } : {};
    const parsed = parseSettings(raw, { project: "naboom-mqtt", stack: "dev" });
    if (!parsed.success) throw new Error(parsed.faults.join());
    return parsed.data;
  }

  set([, name = "", key = ""]: readonly string[], value: unknown): void {
    this.users[name] = { ...this.users[name], [key]: value };
  }

  remove([, name = "", key = ""]: readonly string[]): void {
    delete this.users[name]?.[key];
  }

  has([, name = "", key]: readonly string[]): boolean {
    const user = this.users[name];
    return user !== undefined && (key === undefined || key in user);
  }

  rotate(names: readonly string[], used: readonly number[] = []): string {
    return rotatePasswords(this, this.settings(), names, used, "dev");
  }

  retire(names: readonly string[]): string {
    return retireAccounts(this, this.settings(), names, "dev");
  }

  /** A user's accounts, each with the number of the seed of its password; the current one first. */
  accounts(name: string): readonly string[] {
    const user = this.settings().users[name];
    if (user === undefined) throw new Error(`there is no user ${name}`);
    return accountsOf(name, user).map((account) => `${account.name}:${seedNumber(user, account.generation)}`);
  }
}

describe("rotating passwords", () => {
  it("takes one seed for all who are rotated at once, and none that a user has had", () => {
    const config = new TrialConfig({ a: rights, b: { ...rights, generation: 4 }, c: overlap });
    expect(config.rotate(["a", "c"])).toContain("New passwords for a, c: npm run -s pulumi");
    expect(config.users.a).toEqual({ ...rights, generation: 5 });
    expect(config.users.c).toEqual({ ...overlap, generation: 2, seeds: { "2": 5 } });
    config.rotate(["b"]);
    expect(config.users.b).toEqual({ ...rights, generation: 6 });
  });

  it("lets two accounts take turns, each with its seed, whatever other users' rotations took in between", () => {
    const config = new TrialConfig({ a: rights, b: overlap });
    config.rotate(["a"]);
    config.rotate(["b"]);
    expect(config.accounts("b")).toEqual(["b-b:3", "b:1"]);
    config.rotate(["a"]);
    config.rotate(["b"]);
    expect(config.accounts("b")).toEqual(["b:5", "b-b:3"]);
    config.retire(["b"]);
    expect(config.accounts("b")).toEqual(["b:5"]);
    expect(config.users.b).toEqual({ ...overlap, generation: 3, retired: 2, seeds: { "2": 3, "3": 5 } });
  });

  it("names no seed for a generation whose number is still free, and forgets those that no account has", () => {
    const alone = new TrialConfig({ b: { ...overlap, generation: 3 } });
    alone.rotate(["b"]);
    expect(alone.users.b).toEqual({ ...overlap, generation: 4 });
    const config = new TrialConfig({ b: { ...rights, generation: 3, seeds: { "2": 6, "3": 8 } } });
    config.rotate(["b"]);
    expect(config.users.b).toEqual({ ...rights, generation: 9 });
  });

  it("takes no seed that the state still holds, of a user that the config has lost", () => {
    const config = new TrialConfig({ a: { ...rights, generation: 2 }, b: overlap });
    config.rotate(["a", "b"], [1, 2, 3]);
    expect([config.accounts("a"), config.accounts("b")]).toEqual([["a:4"], ["b-b:4", "b:1"]]);
  });

  it("keeps the rights of the user that no config names", () => {
    const config = new TrialConfig({});
    config.rotate(["naboom-mqtt"]);
    expect(config.users).toEqual({ "naboom-mqtt": { readwrite: ["naboom/#"], generation: 2 } });
  });
});

describe("retiring", () => {
  it("is refused where rotation is replace, with what lets it overlap and disconnects nobody", () => {
    expect(() => new TrialConfig({ a: { ...rights, generation: 3 } }).retire(["a"])).toThrow(
      "the rotation of user a is replace, so it has one account only, and it stays; to have rotations overlap from now on: " +
        "npm run pulumi -- config set --path 'naboom-mqtt:users.a.rotation' overlap && " +
        "npm run pulumi -- config set --path 'naboom-mqtt:users.a.overlapSince' 3",
    );
    expect(() => new TrialConfig({ "a.b": rights }).retire(["a.b"])).toThrow(
      /: npm run pulumi -- config set --path 'naboom-mqtt:users\["a.b"\].rotation' overlap$/,
    );
  });

  it("gives the user that no config names its rights, which it would lose by being named", () => {
    expect(() => new TrialConfig({}).retire(["naboom-mqtt"])).toThrow(
      "config set --path 'naboom-mqtt:users.naboom-mqtt.readwrite[0]' 'naboom/#' && npm run pulumi -- config set " +
        "--path 'naboom-mqtt:users.naboom-mqtt.rotation' overlap",
    );
  });

  it("is refused where an overlapping user has one account only, with what gives it a second", () => {
    const config = new TrialConfig({ b: overlap });
    expect(() => config.retire(["b"])).toThrow(/: npm run rotate -- users b$/);
    config.rotate(["b"]);
    expect(config.retire(["b"])).toBe("The older accounts of b are gone.");
    expect(() => config.retire(["b"])).toThrow(/user b has one account only now, and it stays/);
  });
});
