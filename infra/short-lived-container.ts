import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { EngineContainer } from "./engine.ts";
import { runCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

export interface ShortLivedContainerArgs {
  /** The container's name on the engine. */
  readonly containerName: string;
  readonly image: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  /** A POSIX shell script; it has done its work when it exits with 0. */
  readonly script: string;
  /** What the script finds in `$1`; a change of it runs the script again. */
  readonly argument: pulumi.Input<string>;
  /** The container of that name as the engine has it now, if there is one. */
  readonly previous: EngineContainer | undefined;
  /** Whether it runs again although nothing has changed. @default false */
  readonly again?: boolean;
  /** What to tell the user when the script fails, by its exit code; the container's own words follow. */
  readonly failure: Failure;
  /** Where it runs and what it sees. */
  readonly surroundings: Partial<docker.ContainerArgs>;
}

/** A sentence for every exit code, or one for each. */
export type Failure = string | ((exitCode: number) => string);

const ATTEMPT = "naboom-mqtt.attempt";

/**
 * A container that runs one script to its end as a step of the update, and fails the update when the
 * script fails; the next `up` then runs it again, as it does after an interrupted one.
 */
export class ShortLivedContainer extends pulumi.ComponentResource {
  /** A dependency that is met once the script has succeeded. */
  readonly completed: pulumi.Input<pulumi.Resource>;
  /** The container's id, another one for each run. */
  readonly run: pulumi.Output<string>;

  constructor(name: string, args: ShortLivedContainerArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:ShortLivedContainer", name, {}, options);

    const container = new docker.Container(
      // Pulumi shows it as replaced each time that it runs, and the name as what it is: no container that anybody is connected to.
      `${name}-step`,
      {
        name: args.containerName,
        image: args.image,
        entrypoints: ["/bin/sh"],
        command: ["-c", args.script, name, args.argument],
        labels: labelList({ ...args.labels, [ATTEMPT]: attempt(args) }),
        attach: true,
        logs: true,
        mustRun: false,
        restart: "no",
        securityOpts: ["no-new-privileges:true"],
        logDriver: "json-file",
        logOpts: { "max-size": "1m", "max-file": "1" },
        ...args.surroundings,
      },
      { parent: this, additionalSecretOutputs: ["uploads"], aliases: [{ name: `${name}-container` }] },
    );
    this.run = container.id;
    this.completed = pulumi.runtime.isDryRun() ? container : succeeded(container, args.failure);
    this.registerOutputs();
  }
}

/**
 * What tells one run from the next: the last run's mark where it succeeded, so that nothing changes, and
 * a new one where it failed, never started, never ended or is gone, so that it is made again.
 */
function attempt({ previous, again = false }: Pick<ShortLivedContainerArgs, "previous" | "again">): string {
  const last = previous?.labels[ATTEMPT];
  const succeeded = previous?.ended === true && previous.exitCode === 0;
  return succeeded && !again && last !== undefined ? last : new Date().toISOString();
}

/** Labels as the provider takes them. */
export function labelList(labels: Readonly<Record<string, pulumi.Input<string>>>) {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

/** The provider reports a failed run as an exit code and not as an error, so the program has to look. */
function succeeded(container: docker.Container, failure: Failure): pulumi.Output<pulumi.Resource> {
  return pulumi.all([container.exitCode, container.containerLogs]).apply(([exitCode, logs]) => {
    checkEnd(pulumi.getStack(), failure, exitCode, logs);
    return container;
  });
}

/**
 * Makes sure that a step's container ended well.
 *
 * @param failure what to tell where the script itself failed
 * @throws Refusal with the container's last words
 */
export function checkEnd(
  stack: string,
  failure: Failure,
  exitCode: number | undefined,
  logs: string | undefined,
): void {
  if (exitCode === 0) return;
  const again = runCommand(stack, "up");
  if (typeof exitCode !== "number") throw new Refusal(`${UNKNOWN}: ${again}`);
  // A script that was killed has said nothing of the files (128 + the signal's number, as a shell counts).
  const sentence = typeof failure === "string" ? failure : failure(exitCode);
  const cause = exitCode > 128 ? `${KILLED}: ${again}; its last words` : sentence;
  throw new Refusal(`${cause} (exit code ${exitCode}):\n${lastLines(logs) || "    none"}`);
}

const KILLED = "the container was killed before its script had ended; to try again";

const UNKNOWN =
  "how a container of the last update ended is not known, as Docker was stopped meanwhile; to have it put in order and tried again";

function lastLines(logs: string | undefined): string {
  const lines = (logs ?? "").split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(-12)
    .map((line) => `    ${line}`)
    .join("\n");
}
