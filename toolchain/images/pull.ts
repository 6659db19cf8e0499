import { execa } from "execa";
import type { Progress } from "../progress.ts";

/** Milliseconds in which a registry must have told what an image consists of. */
export const FIRST_ANSWER = 5_000;

export type Pull = { readonly done: true } | { readonly done: false; readonly reason: string };

/**
 * Pulls an image by the engine, which knows its proxies and mirrors; gives up if no registry has answered
 * within 5 s. Never throws: the reason is a part of a sentence.
 */
export async function pullImage(reference: string, progress: Progress): Promise<Pull> {
  return await progress.step(`asking for ${reference.split("@")[0]}`, async (note) => {
    const run = execa("docker", ["pull", reference], { reject: false, stdin: "ignore", all: true });
    let answered = false;
    let gaveUp = false;
    const timer = setTimeout(() => {
      if (answered) return;
      gaveUp = true;
      run.kill();
    }, FIRST_ANSWER);
    for await (const line of run.iterable({ from: "all" })) {
      // The CLI's first line, "TAG: Pulling from NAME", comes with the registry's answer.
      answered ||= /pulling from|pulling fs layer|already exists/i.test(line);
      note(line.trim().slice(0, 70));
    }
    clearTimeout(timer);
    const result = await run;
    if (result.exitCode === 0) return { done: true };
    if (gaveUp) return { done: false, reason: "no registry answered within 5 s" };
    return { done: false, reason: explainPull(result.stderr ?? "") };
  });
}

/** Why a pull failed, as a part of a sentence. Pure. */
export function explainPull(stderr: string): string {
  if (/no such host|i\/o timeout|connection refused|network is unreachable|Timeout exceeded/i.test(stderr)) {
    return "no registry can be reached";
  }
  const last =
    stderr
      .trim()
      .split("\n")
      .findLast((line) => line.trim() !== "") ?? "docker pull failed";
  return last.replace(/^Error response from daemon: /, "").replace(/\.$/, "");
}
