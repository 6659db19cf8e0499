import { execa } from "execa";
import { parse } from "yaml";

/** What starts a pipeline: a pull or merge request, a push to the main branch, or the schedule. */
export const ciEvents = ["pull_request", "push", "schedule"] as const;

export type CiEvent = (typeof ciEvents)[number];

/** What a pipeline does at an event: scripts, each run by a shell of its own, and the environment. */
export interface CiPipeline {
  readonly environment: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<CiEvent, readonly string[]>>;
}

interface Step {
  readonly if?: string;
  readonly run?: string;
}

/** Reads a GitHub workflow with one job, whose steps say the event that they are for. */
export function readGithubWorkflow(text: string): CiPipeline {
  const { env, jobs } = parse(text);
  const steps = (Object.values(jobs) as { steps: Step[] }[]).flatMap((job) => job.steps);
  const runs = (event: CiEvent) =>
    steps.flatMap(({ if: condition, run }) =>
      run !== undefined && (condition === undefined || condition === `github.event_name == '${event}'`)
        ? [run]
        : [],
    );
  return { environment: env, scripts: forEach(runs) };
}

/** How GitLab names the events. */
const SOURCES: Readonly<Record<CiEvent, string>> = Object.freeze({
  pull_request: "merge_request_event",
  push: "push",
  schedule: "schedule",
});

interface Job {
  readonly rules?: readonly { readonly if: string }[];
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
}

/** Reads a GitLab pipeline whose jobs have one rule each; a job's lines, the default ones before them, are one script. */
export function readGitlabPipeline(text: string): CiPipeline {
  const { variables, ...jobs } = parse(text) as { variables: Record<string, string> } & Record<string, Job>;
  const runs = (event: CiEvent) =>
    Object.values(jobs as Record<string, Job>).flatMap(({ rules = [], script = [] }) =>
      rules.some((rule) => rule.if.startsWith(`$CI_PIPELINE_SOURCE == "${SOURCES[event]}"`))
        ? [[...(jobs.default?.before_script ?? []), ...script].join("\n")]
        : [],
    );
  return { environment: variables, scripts: forEach(runs) };
}

/**
 * Runs what a pipeline does at an event as its runner would, until a script fails, in a folder.
 *
 * @param replaced variables of the environment that have other values here than in the pipeline
 */
export async function runPipeline(
  { environment, scripts }: CiPipeline,
  event: CiEvent,
  { folder, replaced }: { readonly folder: string; readonly replaced: NodeJS.ProcessEnv },
): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
  let output = "";
  for (const script of scripts[event]) {
    const env = { ...environment, ...replaced };
    const options = { cwd: folder, env, reject: false, all: true, stdin: "ignore" } as const;
    const result = await execa("bash", ["-e", "-o", "pipefail", "-c", script], options);
    output += result.all;
    if (result.exitCode !== 0) return { exitCode: result.exitCode, output };
  }
  return { exitCode: 0, output };
}

function forEach(runs: (event: CiEvent) => readonly string[]): CiPipeline["scripts"] {
  const entries = ciEvents.map((event) => [event, runs(event)] as const);
  return Object.fromEntries(entries) as Record<CiEvent, readonly string[]>;
}
