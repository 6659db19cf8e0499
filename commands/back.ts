import { stdout } from "node:process";
import { runCommand } from "../infra/mend.ts";
import { engineNames } from "../infra/names.ts";
import { publishMount, reloadScript } from "../mosquitto/delivery.ts";
import { lookBackScript, readEarlierRevision, swapScript } from "../mosquitto/earlier-revision.ts";
import { layout } from "../mosquitto/layout.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { projectName } from "../toolchain/project.ts";
import { UserError } from "../toolchain/user-error.ts";
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
 * Puts the previous revision in force and makes the running broker take it over.
 *
 * The publish container is removed, so that the next `up` knows that what it asks for is not in force.
 *
 * @returns the revision's folder
 * @throws UserError where there is no running broker or no earlier revision
 */
export async function goBack(stack: string): Promise<string> {
  const names = engineNames(projectName, stack);
  const image = (
    await docker(`stack ${stack} is not up; bring it up with: ${runCommand(stack, "up")}`, [
      "inspect",
      "--format",
      "{{.Config.Image}}",
      names.broker,
    ])
  ).trim();
  const inVolume = (script: string, ...args: string[]) =>
    docker("the broker is left as it was", [
      ...run("none"),
      "--cap-add=DAC_OVERRIDE",
      `--volume=${names.revisions}:${publishMount}`,
      ...shell(image, script, ...args),
    ]);
  const { inForce, earlier: revision, obstacles } = readEarlierRevision(await inVolume(lookBackScript));
  if (obstacles.length > 0) {
    throw new UserError(
      `the broker is left as it was: ${revision}, the earlier revision, has another ${obstacles.join(" and another ")}, ` +
        `which a running broker cannot take over; change Pulumi.${stack}.yaml instead, then: ${runCommand(stack, "up")}`,
    );
  }
  await inVolume(swapScript, inForce, revision);
  await docker("the next update may not notice", ["rm", "--force", names.publish]);
  const failure = `the broker did not take ${revision} over; its log: docker logs ${names.broker}`;
  await docker(failure, [
    ...run(`container:${names.broker}`),
    `--pid=container:${names.broker}`,
    `--user=${layout.owner}:${layout.owner}`,
    "--read-only",
    `--volume=${names.revisions}:${layout.revisions}:ro`,
    ...shell(image, reloadScript, revision),
  ]);
  return revision;
}

function run(network: string): string[] {
  return [
    "run",
    "--rm",
    `--network=${network}`,
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--entrypoint=/bin/sh",
  ];
}

function shell(image: string, script: string, ...args: string[]): string[] {
  return [image, "-c", script, "back", ...args];
}

async function docker(failure: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout: output, stderr } = await dockerCommand(args, { timeout: 60_000 });
  if (exitCode === 0) return output;
  throw new UserError(`${failure} (${stderr.trim().split("\n").at(-1) ?? "no answer from Docker"})`);
}
