import { execPath } from "node:process";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { bundle } from "./bundle.mjs";
import { mayColour } from "./colour.ts";

const TERMINAL = Object.freeze({ isTTY: true });
const PIPE = Object.freeze({});

describe("colour", () => {
  it("is for a terminal", () => {
    expect(mayColour(TERMINAL, { TERM: "xterm-256color" })).toBe(true);
    expect(mayColour(TERMINAL, {})).toBe(true);
  });

  it("is left out where NO_COLOR says so, and on a dumb terminal", () => {
    expect(mayColour(TERMINAL, { NO_COLOR: "1" })).toBe(false);
    expect(mayColour(TERMINAL, { TERM: "dumb" })).toBe(false);
  });

  it("comes with an empty NO_COLOR, which is none", () => {
    expect(mayColour(TERMINAL, { NO_COLOR: "" })).toBe(true);
  });

  it("never gets into a pipe, whatever CI has set", () => {
    expect(mayColour(PIPE, { CI: "true", FORCE_COLOR: "3", TERM: "xterm" })).toBe(false);
  });

  it("never gets into what commands, reports and progress print in a pipe, whatever CI has set", async () => {
    const { all } = await execa(execPath, [await bundle("testing/coloured-output.ts")], {
      env: { CI: "true", FORCE_COLOR: "3", TERM: "xterm" },
      all: true,
    });
    expect(all).toMatch(/^answer notice\n✓ work \d\.\d s$/);
  });
});
