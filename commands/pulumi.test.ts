import { describe, expect, it } from "vitest";
import { changesConfig, createForConfig } from "./pulumi.ts";

/** A stack that notes whether it was created. */
function stackOf(resources: number | undefined) {
  const noted = { created: false };
  const create = async () => {
    noted.created = true;
  };
  return { noted, resources: async () => resources, create };
}

describe("a command that mends the config", () => {
  it.each([
    "config set naboom-mqtt:image a:1",
    "config set-all --path --plaintext a=b",
    "config rm --path naboom-mqtt:image",
  ])("is known by its words: %s", (words) => {
    expect(changesConfig(words.split(" "))).toBe(true);
  });

  it.each([
    "",
    "config",
    "config get naboom-mqtt:image",
    "stack rm",
    "config set -s prod a b",
    "config rm --stack=prod a",
  ])("is not one that only reads, or that names another stack: %s", (words) => {
    expect(changesConfig(words.split(" "))).toBe(false);
  });

  it("creates the stack that no up has created yet", async () => {
    const stack = stackOf(undefined);
    await createForConfig(stack, true);
    expect(stack.noted.created).toBe(true);
  });

  it.each([
    ["a stack that is there, though it is empty", 0, true],
    ["a stack without a config file, whose name may be misspelt", undefined, false],
  ])("leaves %s", async (_, resources, configured) => {
    const stack = stackOf(resources);
    await createForConfig(stack, configured);
    expect(stack.noted.created).toBe(false);
  });
});
