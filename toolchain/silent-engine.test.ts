import { describe, expect, test } from "vitest";
import { explainSilence } from "./silent-engine.ts";

describe("an engine that was started and is silent", () => {
  test("shows the end of its log, without its chatter", () => {
    const text = ["one", "level=info two", ..."345678"].join("\n");
    expect(explainSilence({ ended: true, log: { file: "/log", text: `${text}\n` } })).toBe(
      "The Docker engine was started and ended again. Its log, /log, ends with:\n  4\n  5\n  6\n  7\n  8",
    );
  });

  test("shows the chatter where there is nothing else", () => {
    const log = { file: "/log", text: "level=info starting" };
    expect(explainSilence({ ended: false, log })).toMatch(
      /did not answer\. Its log, .*\n {2}level=info starting$/,
    );
  });

  test("names systemd's command where that keeps the log, and promises no lines", () => {
    expect(explainSilence({ ended: false })).toBe(
      "The Docker engine was started and did not answer. Run `journalctl -u docker` to see why.",
    );
  });

  test("promises no lines of an empty log", () => {
    const sentence = explainSilence({ ended: true, log: { file: "/log", text: "\n" } });
    expect(sentence).toMatch(/Its log, \/log, is empty: run `dockerd` to see why\.$/);
  });
});
