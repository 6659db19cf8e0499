import { wereChanged } from "../mosquitto/files-in-force.ts";
import { readDeliveredFiles } from "./delivered-files.ts";
import type { EngineContainer } from "./engine.ts";

/** What an update says where it delivers files although they are the same. */
export const CHANGED_FILES =
  "the broker's files were changed by somebody else than this program, so they are delivered anew, and taken over";

/** Whether somebody has changed the files of a running broker since they were delivered. */
export async function haveChangedFiles(broker: EngineContainer | undefined): Promise<boolean> {
  if (broker?.running !== true) return false;
  const files = await readDeliveredFiles(broker.name);
  return typeof files !== "string" && wereChanged(files);
}
