import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { Refusal } from "./refusal.ts";

it("is an error that Pulumi prints without a stack trace", () => {
  expect(pulumi.RunError.isInstance(new Refusal("a sentence"))).toBe(true);
  expect(new Refusal("a sentence").stack).toBe("Refusal: a sentence");
  expect(pulumi.RunError.isInstance(new Error("a defect"))).toBe(false);
});
