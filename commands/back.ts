import { stdout } from "node:process";
import { runCommand } from "../infra/mend.ts";
import { lookBackScript, readEarlierRevision, swapScript } from "../mosquitto/earlier-revision.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { UserError } from "../toolchain/user-error.ts";
import { type Docker, RunningBroker } from "./running-broker.ts";
import { prepareWorkplace } from "./workplace.ts";

export interface BackOptions {
  readonly stack: string;
  readonly install: boolean;
}

/** Returns to the files of the revision before the one in force, for when the new ones were accepted but are wrong. */
export async function back(options: BackOptions): Promise<number> {
  await prepareWorkplace(options);
  const revision = await goBack(options.stack);
  stdout.write(
    `The broker runs on ${revision}, the files before those that were in force. The config still asks for later ones: ` +
      `mend Pulumi.${options.stack}.yaml, then ${runCommand(options.stack, "up")} delivers what it says.\n`,
  );
  return 0;
}

/**
 * Puts the newest older revision in force and makes the running broker take it over; where it does not, the one that was in
 * force is put back.
 *
 * The publish container is removed first, so that the next `up` knows that what it asks for may not be in force.
 *
 * @returns the revision's folder
 * @throws UserError where there is no running broker or no earlier revision, or a reload is not enough for it
 */
export async function goBack(stack: string, docker: Docker = dockerCommand): Promise<string> {
  const broker = await RunningBroker.find(stack, docker);
  const { inForce, earlier, obstacles } = readEarlierRevision(await leaving(broker.inVolume(lookBackScript)));
  if (obstacles.length > 0) {
    throw new UserError(
      `${UNCHANGED}: ${earlier}, the earlier revision, has another ${obstacles.join(" and another ")}, ` +
        `which a running broker cannot take over; change Pulumi.${stack}.yaml instead, then: ${runCommand(stack, "up")}`,
    );
  }
  await leaving(broker.forgetPublishing());
  await leaving(broker.inVolume(swapScript, inForce, earlier));
  const cause = await failure(broker.reload(earlier));
  if (cause === undefined) return earlier;
  const outcome = await putBack(broker, earlier, inForce);
  throw new UserError(
    `the broker did not take ${earlier} over (${cause}), ${outcome}; its log: docker logs ${broker.container}; ` +
      `what the config says is delivered by: ${runCommand(stack, "up")}`,
  );
}

/**
 * Puts the revision that was in force there again, so that a restart brings no other, and has the broker reload: it may have
 * taken the earlier one over without a proof.
 *
 * @returns what holds then
 */
async function putBack(broker: RunningBroker, earlier: string, inForce: string): Promise<string> {
  const kept = await failure(broker.inVolume(swapScript, earlier, inForce));
  if (kept !== undefined) {
    return `and ${inForce} could not be put back (${kept}): a restart of the broker may bring ${earlier}`;
  }
  const cause = await failure(broker.reload(inForce));
  if (cause === undefined) return `so ${inForce} is in force again, and the broker runs on it`;
  return `so ${inForce} is in force again, but the broker was not seen to run on it (${cause}), and does from its next start`;
}

const UNCHANGED = "the broker is left as it was";

/** What a step gives, and a sentence that nothing has changed where it fails. */
async function leaving<T>(step: Promise<T>): Promise<T> {
  const cause = await failure(step);
  if (cause !== undefined) throw new UserError(`${UNCHANGED} (${cause})`);
  return step;
}

/** Why a step failed; undefined where it did not. */
function failure(step: Promise<unknown>): Promise<string | undefined> {
  return step.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof UserError) return error.message;
      throw error;
    },
  );
}
