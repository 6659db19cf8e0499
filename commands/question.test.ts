import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { ask } from "./question.ts";

/** What is asked and answered on a terminal, on which a key is given as the bytes that it sends. */
async function answerWith(keys: string): Promise<{ answer: string | undefined; shown: string }> {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const answer = ask("Go on? ", input, output);
  input.write(keys);
  return { answer: await answer, shown: String(output.read()) };
}

it("a question gives the line that was typed", async () => {
  expect((await answerWith("dev\r")).answer).toBe("dev");
});

it.each([
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
  ["Ctrl-C behind the beginning of an answer", "de\u0003"],
])(
  "a question that is left with %s has no answer and is no error, and what follows stands on a line of its own",
  async (_, keys) => {
    const { answer, shown } = await answerWith(keys);
    expect(answer).toBeUndefined();
    expect(shown).toMatch(/Go on\? .*\n$/s);
  },
);

it("a question has no answer where the input ends", async () => {
  const input = new PassThrough();
  input.end();
  expect(await ask("Go on? ", input, new PassThrough())).toBeUndefined();
});
