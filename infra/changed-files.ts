import { wereChanged } from "../mosquitto/files-in-force.ts";
import { readDeliveredFiles } from "./delivered-files.ts";
import type { EngineContainer } from "./engine.ts";

/** What an update says where it delivers files although they are the same. */
export const CHANGED_FILES =
  "the broker's files were changed by somebody else than this program, so they are delivered anew, and taken over";

/** The label of the publish container with the id of the revision that it puts in force. */
export const REVISION = "naboom-mqtt.revision";

/**
 * Whether somebody has changed the files of a running broker since they were delivered, or put others in force.
 *
 * @param publish the container that delivered them last; where that is gone, or did not end well, only the files tell
 */
export async function haveChangedFiles(
  broker: EngineContainer | undefined,
  publish: EngineContainer | undefined,
): Promise<boolean> {
  if (broker?.running !== true) return false;
  const files = await readDeliveredFiles(broker.name);
  if (typeof files === "string") return false;
  const delivered = publish?.ended === true && publish.exitCode === 0 ? publish.labels[REVISION] : undefined;
  return wereChanged(files) || (delivered !== undefined && delivered !== files.revision);
}
