import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  callerStackVariable,
  pulumiCommand,
  quoted,
  removeCommand,
  runCommand,
  setCommand,
  setTextCommand,
  visible,
} from "./mend.ts";

/** What a shell makes of a command's words. */
function wordsOf(command: string): string[] {
  const script = `for word in ${command}; do printf '%s\\0' "$word"; done`;
  const output = execFileSync("bash", ["-c", script], { env: { ...process.env, LC_ALL: "C" } });
  return output.toString("utf8").split("\0").slice(0, -1);
}

describe("a command that mends the config", () => {
  it("is as plain as it can be", () => {
    expect(setCommand("dev", "naboom-mqtt:protect", "true")).toBe(
      "npm run pulumi -- config set --path 'naboom-mqtt:protect' true",
    );
    expect(removeCommand("prod", "naboom-mqtt:users.web")).toBe(
      "npm run pulumi -- --stack prod config rm --path 'naboom-mqtt:users.web'",
    );
  });

  it("shows what would not be seen, and still means it", () => {
    const path = 'naboom-mqtt:users["we\u200bb\'s"]';
    const command = removeCommand("dev", path);
    expect(command).toContain("$'naboom-mqtt:users[\"we\\342\\200\\213b\\'s\"]'");
    expect(wordsOf(command).at(-1)).toBe(path);
  });

  it("hands a shell any path and any text as one word", () => {
    // A word of a shell's has no NUL, and UTF-8 no half of a surrogate pair.
    const text = fc.string({ unit: "binary", minLength: 1 }).filter((given) => !given.includes("\0"));
    fc.assert(
      fc.property(text, text, (path, value) => {
        expect(wordsOf(setTextCommand("dev", path, value)).slice(-2)).toEqual([path, value]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it("says of a text that looks like a number that it is one", () => {
    expect(setTextCommand("dev", "a:b[0]", "12")).toContain("config set --type string --path 'a:b[0]' 12");
    expect(setTextCommand("dev", "a:b[0]", "12a")).not.toContain("--type");
  });
});

describe("a printed command", () => {
  beforeEach(() => {
    vi.stubEnv("PULUMI_STACK", undefined);
    vi.stubEnv(callerStackVariable, undefined);
  });
  afterEach(() => vi.unstubAllEnvs());

  it.each([undefined, "", "dev"])("names no stack for dev where PULUMI_STACK is %j", (caller) => {
    vi.stubEnv("PULUMI_STACK", caller);
    expect(runCommand("dev", "rotate", "ca")).toBe("npm run rotate -- ca");
    expect(pulumiCommand("dev")).toBe("npm run pulumi --");
  });

  it("names dev where PULUMI_STACK is another stack, which the command would act on else", () => {
    vi.stubEnv("PULUMI_STACK", "prod");
    expect(runCommand("dev", "up")).toBe("npm run up -- --stack dev");
    expect(setCommand("dev", "a:b", 1)).toBe("npm run pulumi -- --stack dev config set --path 'a:b' 1");
    expect(removeCommand("dev", "a:b")).toContain("npm run pulumi -- --stack dev config rm");
    expect(setTextCommand("dev", "a:b", "c")).toContain("npm run pulumi -- --stack dev config set");
  });

  it.each([undefined, "", "dev", "prod"])("names any other stack, where PULUMI_STACK is %j", (caller) => {
    vi.stubEnv("PULUMI_STACK", caller);
    expect(runCommand("prod", "up")).toBe("npm run up -- --stack prod");
    expect(pulumiCommand("prod")).toBe("npm run pulumi -- --stack prod");
  });

  it.each([
    ["prod", "dev", "npm run up -- --stack dev"],
    ["", "prod", "npm run up"],
  ])(
    "goes by the caller's PULUMI_STACK that was handed over, %j, and not by its own, %j",
    (caller, own, command) => {
      vi.stubEnv("PULUMI_STACK", own);
      vi.stubEnv(callerStackVariable, caller);
      expect(runCommand("dev", "up")).toBe(command);
    },
  );
});

describe("a text with characters that are not seen", () => {
  it.each([
    ["we\u200bb", "we\\u200bb"],
    ["a\u00a0b c", "a\\u00a0b c"],
    ["\u3164", "\\u3164"],
    ["\u202e", "\\u202e"],
    ["\u{e0001}", "\\u{e0001}"],
    ["wéb/#", "wéb/#"],
  ])("is shown with their numbers: %j", (text, shown) => expect(visible(text)).toBe(shown));

  it("is JSON otherwise", () => expect(quoted('a"\n\u200b')).toBe('"a\\"\\n\\u200b"'));
});
