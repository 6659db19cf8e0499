import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../../infra/contract.ts";
import { defaultLimits } from "../../mosquitto/limits.ts";
import { listenerNames, listeners } from "../../mosquitto/listener.ts";
import { issue } from "../../mosquitto/trial-certificate.ts";
import { projectFolder } from "../../toolchain/project.ts";
import { namesOfPolicyProof } from "../policy/evaluation.ts";
import { namesOfQuestions } from "../policy/policy-questions.ts";
import { CheckList, type Topic } from "./check-list.ts";
import { namesOfFiles } from "./files.ts";
import { TAKEN_OVER } from "./health.ts";
import { REACHABLE } from "./reachability.ts";
import { namesOfStorage } from "./storage.ts";
import { topicsOfRunningBroker, topicsOfTwin } from "./topics.ts";

const authority = issue({ name: "CA", authority: true }).pem;

/** Outputs by which every check is made, of which some have another name for a certificate that the user brought. */
function outputsOf(own: boolean): StackOutputs {
  const open = listenerNames.map((name) => {
    const clientCertificates = name === "mqtts" ? "besides-password" : "none";
    const { port, tls } = listeners[name];
    return [name, { url: `${name}://localhost`, host: "localhost", port, tls, clientCertificates }];
  });
  const user = { rules: [{ access: "readwrite", filter: "a/#" }], roles: [], listeners: [...listenerNames] };
  return {
    listeners: Object.fromEntries(open),
    certificates: { authority, own, names: ["localhost"] },
    users: { web: { ...user, accounts: ["web"], certificates: [] } },
    credentials: { web: { username: "web", password: "p", connections: [], clientCertificate: {} } },
    ...{ origins: [], patterns: [], clientIds: "free", policy: { maxPasswordAge: 90 } },
    ...{ limits: defaultLimits, proofCredentials: {} },
  } as unknown as StackOutputs;
}

function namesOf(topics: readonly Topic[]): string[] {
  return [true, false].flatMap((own) => {
    const list = new CheckList({ outputs: outputsOf(own) });
    for (const topic of topics) topic(list);
    return [...list.tasks, ...list.lastTasks].map(({ name }) => name);
  });
}

const onTwin = new Set([REACHABLE, ...namesOf(topicsOfTwin), ...namesOfFiles, ...namesOfPolicyProof]);

const onRunning = new Set([
  ...[REACHABLE, TAKEN_OVER, ...namesOf(topicsOfRunningBroker)],
  ...[...namesOfFiles, ...namesOfStorage, ...namesOfQuestions],
]);

/** The rows of the table in the documents. */
async function documented(): Promise<string[]> {
  const text = await readFile(join(projectFolder, "docs/proof.md"), "utf8");
  return text
    .split("\n")
    .filter((line) => /\| (✓|–) +\| (✓|–) +\|$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, name, twin, running]) => `${name}: ${twin} ${running}`);
}

describe("the documents' table of what is proved where", () => {
  it("has every check by its name, on the twin, on the running broker, or on both", async () => {
    const mark = (names: ReadonlySet<string>, name: string) => (names.has(name) ? "✓" : "–");
    const made = [...new Set([...onTwin, ...onRunning])];
    const rows = made.map((name) => `${name}: ${mark(onTwin, name)} ${mark(onRunning, name)}`);
    expect((await documented()).sort()).toEqual(rows.sort());
  });
});
