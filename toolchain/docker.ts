import { execa } from "execa";

/** What a run of the docker CLI gave; `exitCode` is undefined if it never started or was stopped. */
export interface DockerResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
  /** Whether there is no docker CLI on PATH. */
  readonly missing: boolean;
}

export interface DockerOptions {
  /** Stops the CLI after so many milliseconds. @default no limit */
  readonly timeout?: number;
  /** Sent to standard input. @default none */
  readonly input?: string;
}

/** Runs the docker CLI, which picks DOCKER_HOST or its current context itself; never throws. */
export async function dockerCommand(
  args: readonly string[],
  options: DockerOptions = {},
): Promise<DockerResult> {
  const result = await execa("docker", args, {
    reject: false,
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  return {
    stdout: result.stdout ?? "",
    stderr: result.stderr ?? "",
    exitCode: result.exitCode,
    missing: result.failed && "code" in result && result.code === "ENOENT",
  };
}

/**
 * The host to give to a Pulumi docker provider, which knows DOCKER_HOST and the usual socket but no CLI
 * contexts; undefined if it finds the engine by itself.
 *
 * @param context name of the CLI's current context, as `docker version` tells it
 */
export async function dockerHost(context: string): Promise<string | undefined> {
  if (process.env.DOCKER_HOST || context === "default" || context === "") return undefined;
  const shown = await dockerCommand([
    "context",
    "inspect",
    context,
    "--format",
    "{{.Endpoints.docker.Host}}",
  ]);
  return shown.exitCode === 0 && shown.stdout.trim() !== "" ? shown.stdout.trim() : undefined;
}
