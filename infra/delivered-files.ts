import { type FilesInForce, filesInForceScript, readFilesInForce } from "../mosquitto/files-in-force.ts";
import { askContainer } from "./container-answer.ts";

/**
 * Reads what a running broker's container has of its files, without a secret.
 *
 * @param container its name on the engine that the docker CLI finds
 * @returns the engine's words where there is no such container, or no engine
 */
export async function readDeliveredFiles(container: string): Promise<FilesInForce | string> {
  return await askContainer(container, filesInForceScript, readFilesInForce);
}
