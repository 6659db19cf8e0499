import { damagedPrefix, seenPrefix } from "../mosquitto/start.ts";
import { readStorage, type Storage, storageScript } from "../mosquitto/storage.ts";
import { askContainer } from "./container-answer.ts";

/**
 * Asks a running broker's container what its volume of messages and sessions holds.
 *
 * @param container its name on the engine that the docker CLI finds
 * @returns the engine's words where there is no such container, or no engine
 */
export async function inspectStorage(container: string): Promise<Storage | string> {
  return await askContainer(container, storageScript, readStorage);
}

/** The command after which a damaged database counts as seen; the folder stays, under another name. */
export function seenCommand(container: string, folder: string): string {
  return `docker exec ${container} mv ${folder} ${folder.replace(damagedPrefix, seenPrefix)}`;
}
