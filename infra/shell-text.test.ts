import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { shellText } from "./shell-text.ts";

it("is what a POSIX shell takes for exactly the text that it quotes", () => {
  // No program can be handed a NUL.
  const text = fc.string({ unit: "binary", maxLength: 40 }).map((drawn) => drawn.replaceAll("\0", "'"));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (texts) => {
      const script = `printf '%s\\0' ${texts.map(shellText).join(" ")}`;
      const words = execFileSync("sh", ["-c", script]).toString("utf8").split("\0").slice(0, -1);
      expect(words).toEqual(texts);
    }),
    { numRuns: 20, examples: [[["it's", '$(id) `id` \\ "', "a\nb", ""]]] },
  );
});
