import { execa } from "execa";
import { type FilesInForce, filesInForceScript, readFilesInForce } from "../mosquitto/files-in-force.ts";

/** Milliseconds that an engine has to answer in before it counts as not there. */
const PATIENCE = 10_000;

/**
 * Reads what a running broker's container has of its files, without a secret.
 *
 * @param container its name on the engine that the docker CLI finds
 * @returns the engine's words where there is no such container, or no engine
 */
export async function readDeliveredFiles(container: string): Promise<FilesInForce | string> {
  const command = ["exec", container, "/bin/sh", "-c", filesInForceScript];
  const { exitCode, stdout, stderr, shortMessage } = await execa("docker", command, {
    reject: false,
    stdin: "ignore",
    timeout: PATIENCE,
    stripFinalNewline: false,
  });
  if (exitCode !== 0) return stderr?.trim().split("\n").at(-1) || (shortMessage ?? "no answer");
  return readFilesInForce(stdout) ?? "an answer that is none";
}
