import { forgetRecordScript, NO_RECORD, publishMount, readRecordScript } from "../mosquitto/delivery.ts";
import { type Answer, type EngineContainer, hasVolume, lookInto } from "./engine.ts";
import { runCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";
import { parseTakenOver, TAKEN_OVER, type TakenOver } from "./taken-over.ts";

export interface LastUpdate {
  readonly stack: string;
  /** The reload container as the engine has it now, if there is one. */
  readonly reload: EngineContainer | undefined;
  /** The name of the volume with the revisions. */
  readonly revisions: string;
  /** The image of the update, which has a shell. */
  readonly image: string;
}

/**
 * Reads what the broker was given last; undefined where it was never given anything.
 *
 * The label costs nothing. Where its container is gone, as after `npm run down -- --keep-data` or `docker container
 * prune`, the volume tells.
 *
 * @throws Refusal where a revision is in force and nobody can tell what it stands for
 */
export async function readLastTakenOver(last: LastUpdate): Promise<TakenOver | undefined> {
  const label = last.reload?.labels[TAKEN_OVER];
  if (label !== undefined) return parseTakenOver(label);
  if (!(await hasVolume(last.stack, last.revisions))) return undefined;
  return interpretRecord(
    last,
    await lookInto({ ...last, volume: last.revisions, mount: publishMount, script: readRecordScript }),
  );
}

/** What the volume's answer means. */
export function interpretRecord(
  last: LastUpdate,
  { exitCode, stdout, stderr }: Answer,
): TakenOver | undefined {
  if (exitCode === NO_RECORD) throw unknown(last, "has revisions and no record of them");
  if (exitCode !== 0) {
    const words = stderr.trim().split("\n").at(-1);
    throw new Refusal(
      `what the broker was given last cannot be read from the volume ${last.revisions} (${words}), so nothing was changed; ` +
        `to try again: ${runCommand(last.stack, "up")}`,
    );
  }
  if (stdout.trim() === "") return undefined;
  try {
    return parseTakenOver(stdout);
  } catch {
    throw unknown(last, "has a record that cannot be read");
  }
}

/** Taking it for a new stack would let a lowered number pass, and an old password with it. */
function unknown({ stack, revisions, image }: LastUpdate, what: string): Refusal {
  const container = `docker run --rm --network none --user 0 --entrypoint /bin/sh --volume ${revisions}:${publishMount}`;
  return new Refusal(
    `what the broker was given last is not known, as the volume ${revisions} ${what}, so nothing was changed; ` +
      `see that no generation in Pulumi.${stack}.yaml is lower than it was, and that no entry of clientCertificates.revoked is ` +
      `missing, then have it taken as it stands: ` +
      `${container} ${image} -c '${forgetRecordScript}' && ${runCommand(stack, "up")}`,
  );
}
