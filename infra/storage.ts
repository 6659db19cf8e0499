import { execa } from "execa";
import { readStorage, type Storage, storageScript } from "../mosquitto/storage.ts";

/** Milliseconds that an engine has to answer in before it counts as not there. */
const PATIENCE = 10_000;

/**
 * Asks a running broker's container what its volume of messages and sessions holds.
 *
 * @param container its name on the engine that the docker CLI finds
 * @returns the engine's words where there is no such container, or no engine
 */
export async function inspectStorage(container: string): Promise<Storage | string> {
  const command = ["exec", container, "/bin/sh", "-c", storageScript];
  const options = { reject: false, stdin: "ignore", timeout: PATIENCE } as const;
  const { exitCode, stdout, stderr, shortMessage } = await execa("docker", command, options);
  if (exitCode !== 0) return stderr?.trim().split("\n").at(-1) || (shortMessage ?? "no answer");
  return readStorage(stdout) ?? "an answer that is none";
}

/** The command after which a damaged database counts as seen; the folder stays, under another name. */
export function seenCommand(container: string, folder: string): string {
  return `docker exec ${container} mv ${folder} ${folder.replace(/damaged-/, "seen-")}`;
}
