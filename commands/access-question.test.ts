import { describe, expect, it } from "vitest";
import { sampleSettings } from "../infra/sample-settings.ts";
import { UserError } from "../toolchain/user-error.ts";
import { parseQuestion } from "./access-question.ts";

const policy = sampleSettings({ users: { web: { read: ["a"] }, service: { read: ["b"] } } });

function refusal(words: readonly string[], stack = "dev"): string {
  try {
    parseQuestion(words, policy, stack);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return expect.fail(`${words.join(" ")} was understood`);
}

describe("a question", () => {
  it.each([
    [["explain", "web", "read", "a/b"], { about: "right", user: "web", want: "read", topic: "a/b" }],
    [["explain", "web", "write", "$SYS/a"], { about: "right", user: "web", want: "write", topic: "$SYS/a" }],
    [["explain", "service"], { about: "user", user: "service" }],
    [["who", "living room/lamp"], { about: "topic", topic: "living room/lamp" }],
    [["review"], { about: "review" }],
  ])("of the words %j is understood", (words, question) => {
    expect(parseQuestion(words, policy, "dev")).toEqual(question);
  });

  it.each([
    [["explain", "bob"], "there is no user bob; there are web and service: npm run access -- explain web"],
    [
      ["explain", "toString"],
      "there is no user toString; there are web and service: npm run access -- explain web",
    ],
    [["explain"], "no user was named; there are web and service: npm run access -- explain web"],
    [
      ["explain", "web", "publish", "a"],
      "publish is no access; it is read or write: npm run access -- explain web read naboom/topic",
    ],
    [
      ["explain", "web", "write", "a/+/#"],
      "a/+/# has wildcards, and a topic has neither + nor #; for instance: npm run access -- explain web write a/topic/topic",
    ],
    [
      ["explain", "web", "read"],
      "no topic was named; for instance: npm run access -- explain web read naboom/topic",
    ],
    [
      ["who", ""],
      '"" is no topic: a topic has at least one character; for instance: npm run access -- who naboom/topic',
    ],
    [
      ["who", "a\u0000b\u001b[31m"],
      '"a\\u0000b\\u001b[31m" is no topic: a topic has no control characters; for instance: npm run access -- who naboom/topic',
    ],
    [
      ["who", "living", "room"],
      "who takes one topic, and room was given beside; a topic with spaces is put in quotes: npm run access -- who 'naboom/living room'",
    ],
  ])("of the words %j is refused in one sentence with a command", (words, sentence) => {
    expect(refusal(words)).toBe(sentence);
  });

  it("names all that can be asked where it is none, and the stack in the command", () => {
    expect(refusal(["mend"], "prod")).toMatch(
      /^mend is no question; allowed is:\n {2}explain USER read\|write TOPIC.*for instance: npm run access -- --stack prod review$/s,
    );
    expect(refusal([])).toMatch(/^nothing was asked/);
    expect(refusal(["review", "web"])).toBe(
      "review takes nothing behind it, and web was given beside; all of it is asked with: npm run access -- review",
    );
  });

  it("quotes a topic in its command as a shell needs it", () => {
    expect(refusal(["who", "it's $HOME/#"])).toMatch(/npm run access -- who 'it'\\''s \$HOME\/topic'$/);
  });
});
