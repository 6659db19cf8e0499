import { expect, it } from "vitest";
import { notTakenOver } from "./delivery.ts";
import { checkEnd } from "./short-lived-container.ts";

it.each([
  [1, /^the broker did not take .*; to try again: npm run up -- --stack prod \(exit code 1\):\n {4}oh$/],
  [137, /was killed before .*: npm run up -- --stack prod; its last words \(exit code 137\):\n {4}oh$/],
  [undefined, /is not known, .*; to have it put in order and tried again: npm run up -- --stack prod$/],
])(
  "a step that ended with %j is refused with a command for the stack whose step it is",
  (exitCode, sentence) => {
    expect(() => checkEnd("prod", notTakenOver("prod"), exitCode, "oh\n")).toThrow(sentence);
  },
);

it("a step that ended with 0 is well", () => {
  expect(() => checkEnd("prod", notTakenOver("prod"), 0, undefined)).not.toThrow();
});
