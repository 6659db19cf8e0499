import fc from "fast-check";
import { expect, it } from "vitest";
import { afterCommands, parse } from "./sample-pulumi-config.ts";

const filters = ["a", "b/+", "c/#", "d/e"];
const notFilters = [3, "a#", "b ", "+c", null, "a/%u", "$share/g/a"];
const list = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...filters) }, fc.constantFrom(...notFilters)),
  {
    maxLength: 4,
  },
);
const lists = { read: list, write: list, deny: list };
const rolesOf = (names: readonly string[]) =>
  fc.array(fc.constantFrom(...names, "nosuch", "constructor"), { maxLength: 3 });
const isFilter = (item: unknown) => filters.includes(`${item}`);

type Lists = Readonly<Record<"read" | "write" | "deny", readonly unknown[]>>;
type Named = Lists & { readonly roles: readonly string[] };

/** The rights that are written and right, a deny before any allow, without a look at the code that is tested. */
function rightsOf(user: Named, roles: Readonly<Record<string, Named>>): string[] {
  const seen = new Set<string>();
  const all = [user];
  for (const { roles: names = [] } of all) {
    for (const name of names) {
      const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
      if (role !== undefined && !seen.has(name)) all.push(role);
      seen.add(name);
    }
  }
  const of = (access: keyof Lists) => all.flatMap((one) => (one[access] ?? []).filter(isFilter).map(String));
  const denied = new Set(of("deny"));
  const allowed = (access: "read" | "write") =>
    of(access)
      .filter((filter) => !denied.has(filter))
      .map((filter) => `${access} ${filter}`);
  return [
    ...new Set([...allowed("read"), ...allowed("write"), ...[...denied].map((filter) => `deny ${filter}`)]),
  ].sort();
}

it("whatever the mistakes in lists are, no user gets a right that it had not, and none loses one that was right", () => {
  const user = fc.record({ ...lists, roles: rolesOf(["r", "s s"]) });
  const config = fc.record({
    users: fc.dictionary(fc.constantFrom("web", "we:b", "monitor"), user, { minKeys: 1 }),
    roles: fc.record({
      r: fc.record({ ...lists, roles: rolesOf(["s s"]) }),
      "s s": fc.record({ ...lists, roles: rolesOf([]) }),
    }),
  });
  fc.assert(
    fc.property(config, (given) => {
      const expected = Object.entries(given.users)
        .map(([name, one]) => [name.replace(":", "-"), rightsOf(one, given.roles)] as const)
        .filter(([, rights]) => rights.length > 0);
      fc.pre(expected.length > 0);
      const after = afterCommands(given);
      const parsed = parse(after);
      const { users, roles } = after as typeof given;
      const left: readonly (readonly [string, string[]])[] = parsed.success
        ? Object.entries(parsed.data.users).map(([name, { rules }]) => [
            name,
            rules.map(({ access, filter }) => `${access} ${filter}`).sort(),
          ])
        : Object.entries(users).map(([name, one]) => [name, rightsOf(one, roles)]);
      const found = left.map(
        ([name, rights]) => [name.replace(":", "-").replace("we-b-2", "we-b"), rights] as const,
      );
      const withRights = found.filter(([, rights]) => rights !== undefined && rights.length > 0);
      expect(Object.fromEntries(withRights)).toEqual(Object.fromEntries(expected));
    }),
    { numRuns: 500 },
  );
}, 60_000);
