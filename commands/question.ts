import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

/** Asks a person for a line; undefined where they leave with Ctrl-C or Ctrl-D. */
export async function ask(question: string, input: Readable, output: Writable): Promise<string | undefined> {
  const prompt = createInterface({ input, output });
  // Not every Node.js ends the question with the prompt, and those that do reject it.
  const left = new Promise<undefined>((resolve) => prompt.once("close", () => resolve(undefined)));
  const answered = prompt.question(question).catch((error: Error) => {
    if (error.name === "AbortError") return undefined;
    throw error;
  });
  try {
    const answer = await Promise.race([answered, left]);
    if (answer === undefined) output.write("\n"); // The cursor still stands behind the question.
    return answer;
  } finally {
    prompt.close();
  }
}
