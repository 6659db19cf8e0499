import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultsOf, owner, raw } from "./sample-faults.ts";
import { parseSettings } from "./settings.ts";

describe("the names of users and roles", () => {
  it.each(["__proto__"])("may not have a user or a role called %s, which JavaScript would lose", (name) => {
    const given = JSON.parse(`{ "web": { "read": ["a"] }, "${name}": { "read": ["b"] } }`);
    for (const kind of ["users", "roles"]) {
      const [fault, ...others] = faultsOf({ [kind]: given });
      expect(fault).toContain(`naboom-mqtt:${kind}.${name} is`);
      expect(fault).toContain("name has 1 to 64 letters");
      expect(others).toEqual([]);
    }
  });

  it.each(["constructor", "toString", "valueOf", "hasOwnProperty", "prototype"])(
    "may have a user and a role called %s as any other, which is unknown where it is not written",
    (name) => {
      const settings = { users: { [name]: { roles: [name] } }, roles: { [name]: { read: ["a"] } } };
      const parsed = parseSettings(raw(settings), owner);
      if (!parsed.success) throw new Error(parsed.faults.join());
      expect(Object.entries(parsed.data.users)).toMatchObject([
        [name, { rules: [{ access: "read", filter: "a", role: name }] }],
      ]);
      const [fault] = faultsOf({ users: { web: { read: ["a"], roles: [name] } } });
      expect(fault).toContain(`users.web.roles[0] is "${name}": it is no role`);
    },
  );

  it("show what is not seen by its number, and in what two names differ that look the same", () => {
    const rights = { read: ["a"] };
    const faults = faultsOf({
      users: { "we\u200bb": rights, web: rights, "w\u00e9b": rights, "we\u0301b": rights },
    });
    const text = faults.join("\n");
    expect(text).toContain('naboom-mqtt:users["we\\u200bb"] is');
    expect(text).toContain('differs from "we\\u200bb" only by');
    expect(text).toContain("(nothing instead of U+200B)");
    expect(text).toContain("(U+0065 U+0301 instead of U+00E9)");
    expect(text).not.toContain("\u200b");
  });

  it("name an invisible letter as what no name may have, and whom it makes it look like", () => {
    const faults = faultsOf({ users: { web: { read: ["a"] }, "web\u3164": { read: ["a"] } } });
    expect(faults).toHaveLength(2);
    expect(faults.join()).toMatch(/a user name has 1 to 64.*differs from "web" only/s);
  });

  it("are not moved by commands that would lose a role, which may have brought a deny", () => {
    const faults = faultsOf({ users: { " web": { read: ["a/#"], roles: [{}] } } });
    const [moved] = faults.filter((fault) => fault.includes("a user name has"));
    expect(moved).toMatch(/to mend it: edit Pulumi\.\w+\.yaml$/);
  });

  it("never let a user name through that could end a line or a field of the broker's files", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
        fc.pre(/[:\s/+#\p{C}]/u.test(name));
        expect(faultsOf({ users: { [name]: { read: ["a"] } } })).not.toEqual([]);
      }),
    );
  });
});
