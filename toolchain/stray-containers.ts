import { dockerCommand } from "./docker.ts";
import { projectName } from "./project.ts";

/** A container, as the engine lists it. */
export interface StrayContainer {
  readonly id: string;
  readonly name: string;
}

/**
 * Finds the containers that an update was about to make when Docker ended: the engine has them and the state does
 * not, so that the next update would come upon their names.
 *
 * A container that bears the stack's name may also be another clone's, whose state is elsewhere. It is ours only
 * if this state knows the network of that name, which there is one of. Gives none where the engine does not answer,
 * as the update itself will say so.
 *
 * @param state the stack's state, as Pulumi's file backend keeps it
 */
export async function findStrayContainers(stack: string, state: string): Promise<readonly StrayContainer[]> {
  const prefix = `${projectName}-${stack}`;
  const label = `label=${projectName}.stack=${prefix}`;
  const listed = await dockerCommand(["ps", "--all", "--no-trunc", "--filter", label, "--format", FORMAT]);
  if (listed.exitCode !== 0) return [];
  const strays = parse(listed.stdout).filter(({ id }) => !state.includes(id));
  if (strays.length === 0) return [];
  const network = await dockerCommand(["network", "inspect", "--format", "{{.Id}}", prefix]);
  return network.exitCode === 0 && state.includes(network.stdout.trim()) ? strays : [];
}

/** Those of the containers that the engine still has. */
export async function findContainers(ids: readonly string[]): Promise<readonly StrayContainer[]> {
  const listed = await Promise.all(
    ids.map((id) => dockerCommand(["ps", "--all", "--no-trunc", "--filter", `id=${id}`, "--format", FORMAT])),
  );
  return listed.flatMap(({ stdout }) => parse(stdout));
}

const FORMAT = "{{.ID}} {{.Names}}";

function parse(listed: string): StrayContainer[] {
  return listed
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([id, name]) => (id && name ? [{ id, name }] : []));
}
