import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseXml, XmlElement } from "@rgrove/parse-xml";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stringify } from "yaml";
import {
  type CiEvent,
  type CiPipeline,
  ciEvents,
  readGithubWorkflow,
  readGitlabPipeline,
  runPipeline,
} from "../../testing/ci-pipeline.ts";
import { ProjectCopy } from "../../testing/project-copy.ts";
import { cacheFolder } from "../../toolchain/cache.ts";
import { dockerCommand } from "../../toolchain/docker.ts";
import { projectFolder } from "../../toolchain/project.ts";
import { freePorts } from "../../toolchain/throwaway-stack.ts";

const stack = `test-ci-${randomBytes(3).toString("hex")}`;
const passphrase = randomBytes(24).toString("base64url");
const reader = { read: ["naboom/alerts/#"] };

let copy: ProjectCopy;
let state: string;
let ports: readonly number[];
let github: CiPipeline;
let gitlab: CiPipeline;

beforeAll(async () => {
  [copy, state, ports] = await Promise.all([
    ProjectCopy.create(),
    mkdtemp(join(tmpdir(), "naboom-mqtt-ci-")),
    freePorts(4),
  ]);
  github = readGithubWorkflow(await readText("examples/ci/github-actions.yml"));
  gitlab = readGitlabPipeline(await readText("examples/ci/gitlab-ci.yml"));
});

afterAll(async () => {
  await configure({ reader });
  const down = await execa("npm", ["run", "down", "--", "--yes"], {
    cwd: copy.folder,
    env: { ...environment(), ...inject("workbench").environment },
    reject: false,
    all: true,
  });
  await Promise.all([copy.remove(), rm(state, { recursive: true })]);
  expect(down.exitCode, down.all).toBe(0);
  expect(await runsOf("")).toBe("");
});

describe("the pipelines of examples/ci", () => {
  it.each(["github-actions.yml", "gitlab-ci.yml"])("stand in docs/ci.md, byte for byte: %s", async (name) => {
    const page = await readText("docs/ci.md");
    expect(page).toContain(`\`\`\`yaml\n${await readText(`examples/ci/${name}`)}\`\`\`\n`);
  });

  it("run the same at each event, so that what follows is of both, and take the passphrase from the CI's secrets", () => {
    for (const event of ciEvents) {
      const script = github.scripts[event].join("\n");
      expect(script, event).toMatch(/npm run (pulumi -- preview|up|smoke)/);
      expect(gitlab.scripts[event].join("\n"), event).toBe(script);
    }
    const secret = /^\$\{\{ secrets\.PULUMI_CONFIG_PASSPHRASE \}\}$/;
    expect(github.environment.PULUMI_CONFIG_PASSPHRASE).toMatch(secret);
    expect(Object.keys(gitlab.environment)).not.toContain("PULUMI_CONFIG_PASSPHRASE");
  });

  it("do nothing where the CI has no place for the state, or no passphrase", async () => {
    await configure({ reader });
    for (const name of ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"]) {
      for (const pipeline of [github, gitlab]) {
        const { exitCode, output } = await run(pipeline, "push", { [name]: "" });
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(new RegExp(`^bash: line 1: ${name}: is not set, see docs/ci.md$`));
      }
    }
  });

  it("bring the stack up and prove it, preview a change without making it, then make it", async () => {
    await configure({ reader });
    const first = await run(github, "push");
    expect(first.exitCode, first.output).toBe(0);
    expect(first.output).toMatch(
      new RegExp(`Stack ${stack} was created, with one user.\\n\\d+ checks? proved`),
    );

    await configure({ reader, dashboard: reader });
    const before = await runsOf("{{.ID}} {{.CreatedAt}} {{.Names}}");
    const preview = await run(github, "pull_request");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toContain("user dashboard is added");
    expect(await runsOf("{{.ID}} {{.CreatedAt}} {{.Names}}")).toBe(before);

    const second = await run(gitlab, "push");
    expect(second.exitCode, second.output).toBe(0);
    expect(second.output).toContain("  user dashboard was added\n  nobody was disconnected;");
  });

  it("write a JUnit file on schedule, of a broker that is down, too", async () => {
    const whole = await run(gitlab, "schedule");
    expect(whole.exitCode, whole.output).toBe(0);
    expect(await readJunit()).toMatchObject({ failures: "0", name: `naboom-mqtt-${stack}-broker` });

    await dockerCommand(["stop", `naboom-mqtt-${stack}-broker`]);
    const down = await run(github, "schedule");
    expect(down.exitCode, down.output).toBe(1);
    expect(Number((await readJunit()).failures)).toBeGreaterThan(0);
  });

  it("fail for a mistake in the config, with its sentence, at a preview too", async () => {
    await configure({ reader: { red: ["naboom/#"] } });
    const sentence = `naboom-mqtt:users.reader.red is unknown; write read instead of red; to mend it: edit Pulumi.${stack}.yaml`;
    for (const [event, code] of [
      ["pull_request", 1],
      ["push", 2],
    ] as const) {
      const { exitCode, output } = await run(gitlab, event);
      expect(exitCode, output).toBe(code);
      expect(output).toContain(sentence);
    }
  });
});

/** Runs a pipeline as it stands; the passphrase is in nothing that it prints. */
async function run(pipeline: CiPipeline, event: CiEvent, other: NodeJS.ProcessEnv = {}) {
  const replaced = { ...environment(), ...other };
  const result = await runPipeline(pipeline, event, { folder: copy.folder, replaced });
  expect(result.output).not.toContain(passphrase);
  return result;
}

/** What the CI gives: where the state is, and its secret; and the caches of this machine. */
function environment(): NodeJS.ProcessEnv {
  return {
    PULUMI_STACK: stack,
    PULUMI_BACKEND_URL: pathToFileURL(state).href,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    NABOOM_MQTT_CACHE: cacheFolder(),
    PULUMI_HOME: process.env.PULUMI_HOME,
    npm_config_cache: process.env.npm_config_cache,
  };
}

async function configure(users: Readonly<Record<string, unknown>>): Promise<void> {
  const [mqtt, mqtts, ws, wss] = ports.map((port) => ({ port }));
  const config = { "naboom-mqtt:listeners": { mqtt, mqtts, ws, wss }, "naboom-mqtt:users": users };
  await writeFile(join(copy.folder, `Pulumi.${stack}.yaml`), stringify({ config }));
}

/** The stack's containers, each as the format tells it. */
async function runsOf(format: string): Promise<string> {
  const filter = ["--filter", `name=naboom-mqtt-${stack}-`];
  return (await dockerCommand(["ps", "--all", ...filter, "--format", format || "{{.Names}}"])).stdout;
}

/** The attributes of the report's root, once every test case was read. */
async function readJunit(): Promise<Readonly<Record<string, string>>> {
  const { root } = parseXml(await readFile(join(copy.folder, "smoke.xml"), "utf8"));
  const elements = ({ children }: XmlElement) => children.filter((child) => child instanceof XmlElement);
  const cases = root === null ? [] : elements(root).flatMap(elements);
  expect(String(cases.length)).toBe(root?.attributes.tests);
  return root?.attributes ?? {};
}

async function readText(path: string): Promise<string> {
  return await readFile(join(projectFolder, path), "utf8");
}
