import { expect, test } from "vitest";
import { isAtLeast } from "./version-number.ts";

test.each([
  ["20.10.24+dfsg1", "20.10", true],
  ["28.2.2", "20.10", true],
  ["20.9.99", "20.10", false],
  ["2.1.2", "2.1.2", true],
  ["2.1.1", "2.1.2", false],
  ["2.10.0", "2.1.2", true],
  ["3.0.0", "3", true],
  ["2.99", "3", false],
  ["no version", "1", false],
])("%s against a floor of %s: %s", (version, floor, expected) => {
  expect(isAtLeast(version, floor)).toBe(expected);
});
