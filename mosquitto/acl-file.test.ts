import { expect, it } from "vitest";
import { renderAcl } from "./acl.ts";
import { readAclFile } from "./acl-file.ts";

it("has what was rendered", () => {
  const rules = [
    { access: "read", filter: "a b/#" },
    { access: "deny", filter: "a b/c" },
  ] as const;
  const text = renderAcl({
    users: [
      { name: "we b", rules },
      { name: "idle", rules: [] },
    ],
    patterns: rules,
  });
  expect(readAclFile(text)).toEqual({
    sections: [
      { name: "we b", lines: ["topic read a b/#", "topic deny a b/c"] },
      { name: "idle", lines: [] },
    ],
    patterns: ["pattern read a b/#", "pattern deny a b/c"],
    anonymous: [],
  });
});

it("has what stands before the first user as anonymous clients', and patterns wherever they stand", () => {
  expect(readAclFile("# a\ntopic read a\nuser b\npattern read c\ntopic read d\n")).toEqual({
    sections: [{ name: "b", lines: ["topic read d"] }],
    patterns: ["pattern read c"],
    anonymous: ["topic read a"],
  });
});
