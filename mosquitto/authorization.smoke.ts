import { env } from "node:process";
import fc, { type RunDetails } from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { renderAcl } from "./acl.ts";
import { authorize } from "./authorization.ts";
import { AuthorizationBroker, type Observation } from "./authorization-broker.ts";
import { mutants } from "./authorization-mutants.ts";
import { type Scenario, scenarios } from "./authorization-scenario.ts";

/**
 * Each run asks a real broker about other scenarios, and prints the seed when the model disagrees with it. The same
 * ones again, or only the one that failed:
 *
 *     FAST_CHECK_SEED=… npx vitest run --project stack mosquitto/authorization.smoke.ts
 *     FAST_CHECK_SEED=… FAST_CHECK_PATH=… npx vitest run --project stack mosquitto/authorization.smoke.ts
 */
const replay = {
  ...(env.FAST_CHECK_SEED ? { seed: Number(env.FAST_CHECK_SEED) } : {}),
  ...(env.FAST_CHECK_PATH ? { path: env.FAST_CHECK_PATH } : {}),
};
const SCENARIOS = 2_000;

let broker: AuthorizationBroker;
let details: RunDetails<[Scenario]>;
const observations: Observation[] = [];

beforeAll(async () => {
  broker = await AuthorizationBroker.start(inject("workbench").environment.NABOOM_MQTT_IMAGE ?? "");
  const property = fc.asyncProperty(scenarios(), async (scenario) => {
    const seen = await broker.observe(scenario);
    observations.push(...seen);
    const fault = seen.map(disagreement).find((sentence) => sentence !== undefined);
    if (fault !== undefined) throw new Error(fault);
  });
  // The limit is the hook's, so that a broker that hangs is told with its scenario as well.
  details = await fc.check(property, { numRuns: SCENARIOS, interruptAfterTimeLimit: 150_000, ...replay });
});

afterAll(() => broker?.remove());

describe("the model of Mosquitto's rules", () => {
  it(`decides as a real broker does, in ${SCENARIOS.toLocaleString("en")} scenarios`, () => {
    if (details.failed) expect.fail(report(details));
    expect(details.numRuns).toBeGreaterThanOrEqual(replay.path ? 1 : SCENARIOS);
  });

  it("holds for topics on which nothing is delivered, by the answers to a publish", async () => {
    const rules = [
      { access: "write", filter: "#" },
      ...["$share/#", "$CONTROL/a"].map((filter) => ({ access: "write" as const, filter })),
    ] as const;
    const acl = { users: [{ name: "ann", rules }], patterns: [] };
    const client = { username: "ann", clientId: "1" };
    const topics = ["$share/group/a", "$CONTROL/a", "$CONTROL/b"];
    const decisions = topics.map((topic) => [topic, authorize(acl, client, "write", topic).allowed]);
    expect([...(await broker.answers({ acl, clients: [client], topics }))]).toEqual(decisions);
  });
});

// A run that was cut short, or is there to show one failure, says nothing about the comparison.
describe.skipIf(replay.path)("the comparison of the model with a broker", () => {
  beforeEach(({ skip, onTestFailed }) => {
    skip(details.failed);
    onTestFailed(() => console.error(`Again: ${replayCommand(details)}`));
  });

  it("has enough of every kind of decision", () => {
    const kinds = observations.map(({ acl, client, access, topic }) => {
      const { allowed, by } = authorize(acl, client, access, topic);
      return `${access} ${allowed ? "allowed" : "denied"} by ${by}`;
    });
    const counts = Object.fromEntries(Object.keys(leastShares).map((kind) => [kind, 0]));
    for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(Object.keys(counts).sort()).toEqual(Object.keys(leastShares).sort());
    for (const [kind, least] of Object.entries(leastShares)) {
      expect(counts[kind], kind).toBeGreaterThan(least * observations.length);
    }
  });

  it.each(Object.entries(features))("has enough topics that %s, allowed and denied", (_name, has) => {
    const outcomes = observations.filter(has).map(({ allowed }) => allowed);
    for (const outcome of [true, false]) {
      expect(outcomes.filter((allowed) => allowed === outcome).length).toBeGreaterThan(
        0.001 * observations.length,
      );
    }
  });

  it.each(Object.entries(mutants))("would tell a model in which %s", (_name, mutant) => {
    const told = observations.filter((observation) => mutant(observation) !== observation.allowed);
    expect(told).not.toEqual([]);
  });
});

/** The least part of all observations that each kind of decision has to have; there is no other kind. */
const leastShares: Readonly<Record<string, number>> = {
  "read allowed by rule": 0.04,
  "write allowed by rule": 0.04,
  "read denied by rule": 0.02,
  "write denied by rule": 0.02,
  "read allowed by pattern": 0.01,
  "write allowed by pattern": 0.01,
  "read denied by pattern": 0.005,
  "write denied by pattern": 0.005,
  "read denied by name": 0.01,
  "write denied by name": 0.01,
  "read denied by nothing": 0.1,
  "write denied by nothing": 0.1,
  "write denied by reserved topic": 0.01,
};

const features: Readonly<Record<string, (observation: Observation) => boolean>> = {
  "begin with $": ({ topic }) => topic.startsWith("$"),
  "have an empty level": ({ topic }) => topic.split("/").includes(""),
  "begin with a slash": ({ topic }) => topic.startsWith("/"),
  "end with a slash": ({ topic }) => topic.endsWith("/"),
  "are not ASCII": ({ topic }) => /[^ -~]/.test(topic),
  "have a space": ({ topic }) => topic.includes(" "),
  "are longer than a line that the broker reads at once": ({ topic }) => topic.length > 256,
  "have the client's own name as a level": ({ client, topic }) => topic.split("/").includes(client.username),
};

/** What is wrong when the model decides otherwise than was observed, with the ACL. */
function disagreement({ acl, client, access, topic, allowed }: Observation): string | undefined {
  const { allowed: expected, by, rule } = authorize(acl, client, access, topic);
  if (expected === allowed) return undefined;
  const [username, clientId, wanted] = [client.username, client.clientId, topic].map((text) =>
    JSON.stringify(text),
  );
  const ground = rule ? `the ${by} ${rule.access} ${rule.filter}` : by;
  return [
    `user ${username} with the client id ${clientId} wants to ${access} ${wanted}:`,
    `Mosquitto ${allowed ? "allows" : "denies"} it, the model ${expected ? "allows" : "denies"} it by ${ground}, under`,
    renderAcl(acl),
  ].join("\n");
}

/** The smallest scenario that fails, and the command that asks about it again. */
function report(failure: RunDetails<[Scenario]>): string {
  const { numRuns, numShrinks, errorInstance } = failure;
  const fault = errorInstance instanceof Error ? errorInstance.message : `${errorInstance}`;
  return `Scenario ${numRuns}, made smaller ${numShrinks} times: ${fault}\nAgain: ${replayCommand(failure)}`;
}

function replayCommand({ seed, counterexamplePath }: RunDetails<[Scenario]>): string {
  const path = counterexamplePath === null ? "" : `FAST_CHECK_PATH=${counterexamplePath} `;
  return `FAST_CHECK_SEED=${seed} ${path}npx vitest run --project stack mosquitto/authorization.smoke.ts`;
}
