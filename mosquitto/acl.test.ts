import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accesses, renderAcl } from "./acl.ts";

const rule = fc.record({
  access: fc.constantFrom(...accesses),
  filter: fc.stringMatching(/^[\w/+#-]{1,20}$/),
});
const user = fc.record({ name: fc.stringMatching(/^\w{1,10}$/), rules: fc.array(rule, { minLength: 1 }) });

describe("an ACL", () => {
  it("has every rule under its own user, and none before the first", () => {
    fc.assert(
      fc.property(fc.uniqueArray(user, { selector: ({ name }) => name, minLength: 1 }), (users) => {
        const text = renderAcl({ users, patterns: [] });
        expect(text.startsWith("user ")).toBe(true);
        const sections = text
          .split(/^user /m)
          .slice(1)
          .map((section) => section.trimEnd().split("\n"));
        expect(sections).toEqual(
          users.map(({ name, rules }) => [
            name,
            ...rules.map(({ access, filter }) => `topic ${access} ${filter}`),
          ]),
        );
      }),
    );
  });
});
