import { Refusal } from "./refusal.ts";

/** The names of a stack's things on the Docker engine, where several stacks may live side by side. */
export interface EngineNames {
  /** What all of them begin with, and the network's name. */
  readonly prefix: string;
  readonly broker: string;
  readonly publish: string;
  readonly imageTrial: string;
  readonly reload: string;
  /** The network that only twins are on. */
  readonly twin: string;
  readonly revisions: string;
  readonly data: string;
  readonly console: string;
  readonly consolePublish: string;
  readonly consoleReload: string;
  readonly consoleFiles: string;
}

/** Names the things of one stack: `<project>-<stack>-<thing>`. */
export function engineNames(project: string, stack: string): EngineNames {
  const prefix = `${project}-${stack}`;
  return Object.freeze({
    prefix,
    broker: `${prefix}-broker`,
    publish: `${prefix}-publish`,
    imageTrial: `${prefix}-image-trial`,
    reload: `${prefix}-reload`,
    twin: `${prefix}-twin`,
    revisions: `${prefix}-revisions`,
    data: `${prefix}-data`,
    console: `${prefix}-console`,
    consolePublish: `${prefix}-console-publish`,
    consoleReload: `${prefix}-console-reload`,
    consoleFiles: `${prefix}-console-files`,
  });
}

/** The label with the id of a container's image, whose change replaces the container. */
export const IMAGE = "naboom-mqtt.image";

/** The names of all containers that a stack may have. */
export function containerNames(names: EngineNames): readonly string[] {
  const { broker, imageTrial, publish, reload, console, consolePublish, consoleReload } = names;
  return [broker, imageTrial, publish, reload, console, consolePublish, consoleReload];
}

/**
 * Refuses a stack whose things would be called as those of another stack's console are.
 *
 * @throws Refusal where its name ends as the console's does
 */
export function refuseConsoleName(stack: string): void {
  if (!stack.endsWith(CONSOLE)) return;
  const other = stack.slice(0, -CONSOLE.length);
  throw new Refusal(
    `a stack may not be called ${stack}, as the console of stack ${other} has containers of the same names; ` +
      `allowed is a name that does not end with ${CONSOLE}: npm run up -- --stack NAME`,
  );
}

const CONSOLE = "-console";
