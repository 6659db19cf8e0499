import { publishMount } from "../mosquitto/delivery.ts";
import { idScript, wereChanged } from "../mosquitto/files-in-force.ts";
import { layout } from "../mosquitto/layout.ts";
import { readDeliveredFiles } from "./delivered-files.ts";
import { type EngineContainer, lookInto } from "./engine.ts";

/** What an update says where it delivers files although they are the same. */
export const CHANGED_FILES =
  "the broker's files were changed by somebody else than this program, so they are delivered anew, and taken over";

/** The label of the publish container with the id of the revision that it puts in force. */
export const REVISION = "naboom-mqtt.revision";

/** What an update looks at before it plans. */
export interface DeliveredVolume {
  readonly stack: string;
  /** The name of the volume of revisions. */
  readonly revisions: string;
  /** An image that has a shell. */
  readonly image: string;
  readonly broker: EngineContainer | undefined;
  /** The container that delivered the files last. */
  readonly publish: EngineContainer | undefined;
}

/**
 * Whether somebody has changed a broker's files since they were delivered, or put others in force.
 *
 * A broker that does not run, or ends again and again on changed files, is not asked: then the volume is looked into.
 */
export async function haveChangedFiles(volume: DeliveredVolume): Promise<boolean> {
  const { broker, publish } = volume;
  if (broker === undefined) return false;
  const files = broker.running ? await readDeliveredFiles(broker.name) : "it does not run";
  const found = typeof files === "string" ? await inVolume(volume) : files;
  if (found === undefined || wereChanged(found)) return true;
  const delivered = publish?.ended === true && publish.exitCode === 0 ? publish.labels[REVISION] : undefined;
  return delivered !== undefined && delivered !== found.revision;
}

/** What the volume has; nothing where no whole revision is in force there. */
async function inVolume({ stack, revisions, image }: DeliveredVolume) {
  const script = `cd ${publishMount} && readlink current && cd current && { ${idScript}; }`;
  const { exitCode, stdout } = await lookInto({
    ...{ stack, volume: revisions, mount: publishMount, image, script },
    user: layout.owner,
  });
  const [folder, revision] = stdout.split("\n");
  return exitCode === 0 && revision !== undefined ? { folder, revision } : undefined;
}
