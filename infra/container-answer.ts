import { execa } from "execa";

/** Milliseconds that an engine has to answer in before it counts as not there. */
const PATIENCE = 10_000;

/**
 * Asks a running container a question by a shell script.
 *
 * @param container its name on the engine that the docker CLI finds
 * @param read understands what the script has printed; undefined for anything else
 * @returns the engine's words where there is no such container, or no engine
 */
export async function askContainer<Answer>(
  container: string,
  script: string,
  read: (printed: string) => Answer | undefined,
): Promise<Answer | string> {
  const command = ["exec", container, "/bin/sh", "-c", script];
  const { exitCode, stdout, stderr, shortMessage } = await execa("docker", command, {
    reject: false,
    stdin: "ignore",
    timeout: PATIENCE,
    stripFinalNewline: false,
  });
  if (exitCode !== 0) return stderr?.trim().split("\n").at(-1) || (shortMessage ?? "no answer");
  return read(stdout) ?? "an answer that is none";
}
