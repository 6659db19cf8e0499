import { execa } from "execa";
import { z } from "zod";
import { runCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

/** A container as far as the stack needs to know it. */
export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  /** The id of its image. */
  readonly image: string;
  readonly running: boolean;
  /** Whether it has run and ended; one that Docker made and never started has not. */
  readonly ended: boolean;
  /** How it ended; 0 before that. */
  readonly exitCode: number;
  /** When it was started last, as the engine writes it. */
  readonly startedAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where on the host the container is reached while it runs. */
  readonly published: readonly { readonly address: string; readonly port: number }[];
}

const inspected = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    State: z.object({ Status: z.string(), Running: z.boolean(), ExitCode: z.int(), StartedAt: z.string() }),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullable() }),
    HostConfig: z.object({
      PortBindings: z
        .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable())
        .nullable(),
    }),
  }),
);

/**
 * Asks the Docker engine for containers by name; those that are not there are left out.
 *
 * @param stack the one that the question is asked for, which a refusal names
 * @throws Refusal when the engine does not answer.
 */
export async function inspectContainers(
  stack: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, EngineContainer>> {
  const { exitCode, stdout, stderr } = await docker(stack, ["container", "inspect", ...names]);
  const others = stderr.split("\n").filter((line) => line !== "" && !/no such container/i.test(line));
  if (exitCode !== 0 && others.length > 0) throw unreachable(stack, others.join(" "));
  const containers = inspected.parse(JSON.parse(stdout || "[]")).map((container) => ({
    id: container.Id,
    name: container.Name.replace(/^\//, ""),
    image: container.Image,
    running: container.State.Running,
    ended: container.State.Status === "exited",
    exitCode: container.State.ExitCode,
    startedAt: container.State.StartedAt,
    labels: Object.freeze(container.Config.Labels ?? {}),
    published: Object.values(container.HostConfig.PortBindings ?? {}).flatMap((bindings) =>
      // No address stands for every one of the host.
      (bindings ?? []).map(({ HostIp, HostPort }) => ({
        address: HostIp || "0.0.0.0",
        port: Number(HostPort),
      })),
    ),
  }));
  return new Map(containers.map((container) => [container.name, container]));
}

/** The image, of those whose name fits a pattern as `docker image ls` takes it, that was built or pulled last. */
export async function newestLocalImage(stack: string, pattern: string): Promise<string | undefined> {
  const format = "{{.Repository}}:{{.Tag}}";
  const args = ["image", "ls", "--filter", `reference=${pattern}`, "--format", format];
  const { exitCode, stdout, stderr } = await docker(stack, args);
  if (exitCode !== 0) throw unreachable(stack, stderr);
  const references = stdout.split("\n").filter((line) => line !== "");
  if (references.length < 2) return references[0];
  // The engine sorts by the date in the image, which is that of what it was built from.
  const times = ["image", "inspect", "--format", "{{json .Metadata.LastTagTime}}", ...references];
  const dates = (await docker(stack, times)).stdout.split("\n").map((line) => Date.parse(JSON.parse(line)));
  return references[dates.indexOf(Math.max(...dates))];
}

/** The id of the image that a reference stands for on the engine now; undefined where there is none. */
export async function localImageId(stack: string, reference: string): Promise<string | undefined> {
  const args = ["image", "inspect", "--format", "{{.Id}}", reference];
  const { exitCode, stdout, stderr } = await docker(stack, args);
  if (exitCode !== 0 && !/no such image/i.test(stderr)) throw unreachable(stack, stderr);
  return exitCode === 0 ? stdout.trim() : undefined;
}

/** The running containers that publish a port of the host, on whatever address. */
export async function containersOnPort(stack: string, port: number): Promise<readonly EngineContainer[]> {
  const { exitCode, stdout, stderr } = await docker(stack, [
    "ps",
    "--filter",
    `publish=${port}`,
    "--format",
    "{{.Names}}",
  ]);
  if (exitCode !== 0) throw unreachable(stack, stderr);
  const names = stdout.split("\n").filter((name) => name !== "");
  return names.length === 0 ? [] : [...(await inspectContainers(stack, names)).values()];
}

/** Whether the engine has a volume of that name. */
export async function hasVolume(stack: string, name: string): Promise<boolean> {
  const { exitCode, stderr } = await docker(stack, ["volume", "inspect", name]);
  if (exitCode !== 0 && !/no such volume/i.test(stderr)) throw unreachable(stack, stderr);
  return exitCode === 0;
}

/** A script that looks into a volume, which it cannot change. */
export interface VolumeScript {
  /** The stack that it is asked for. */
  readonly stack: string;
  readonly volume: string;
  /** Where the script finds the volume. */
  readonly mount: string;
  /** Any image that has a shell. */
  readonly image: string;
  readonly script: string;
  /** Whose files it reads. @default root's */
  readonly user?: number;
}

/** Runs a script in a container of its own, which is gone afterwards. */
export async function lookInto({
  stack,
  volume,
  mount,
  image,
  script,
  user = 0,
}: VolumeScript): Promise<Answer> {
  const confined = [
    "--network=none",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--read-only",
  ];
  const surroundings = [`--user=${user}`, "--entrypoint=/bin/sh", `--volume=${volume}:${mount}:ro,nocopy`];
  const command = ["run", "--rm", ...confined, ...surroundings, image, "-c", script];
  return await docker(stack, command, PULL_PATIENCE);
}

/** Milliseconds within which the engine answers a question. */
const PATIENCE = 20_000;

/** Milliseconds for a container whose image may have to be pulled first. */
const PULL_PATIENCE = 300_000;

/** What the docker CLI said. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function docker(stack: string, args: readonly string[], timeout = PATIENCE): Promise<Answer> {
  const result = await execa("docker", args, { reject: false, timeout, stdin: "ignore" });
  if (result.exitCode === undefined) throw unreachable(stack, result.shortMessage ?? "no answer");
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

function unreachable(stack: string, words: string): Refusal {
  return new Refusal(
    `the Docker engine cannot be asked (${words.trim()}); a running engine and its command \`docker\` are needed: ${runCommand(stack, "up")}`,
  );
}
