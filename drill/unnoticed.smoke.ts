import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { connect } from "../smoke-tests/client.ts";
import { StackCommands } from "../testing/stack-commands.ts";
import { retained, WITNESS_ACCOUNTS, Witnesses } from "../testing/witnesses.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";

/** Rights of every kind; `everything` sees whatever there is to be seen. */
const users = {
  everything: { readwrite: ["#"], read: ["$SYS/#"] },
  service: { readwrite: ["naboom/alerts/#"], deny: ["naboom/alerts/closed/#"] },
  monitor: { read: ["naboom/community/+", "$SYS/broker/uptime"], write: ["naboom/system/+/state"] },
  exact: { readwrite: ["naboom/fixed"], write: ["naboom/status"], deny: ["naboom/closed"] },
  web: {
    read: ["naboom/alerts/#"],
    patterns: { readwrite: ["naboom/users/%u/#"] },
    listeners: ["ws", "wss"],
  },
  rotated: { readwrite: ["naboom/rotated/#"] },
};

/** Commands on a stack that is up, and the user whose clients each says that it logs out. */
const steps = [
  { command: "up", loggedOut: "nobody" },
  { command: "smoke", loggedOut: "nobody" },
  { command: "rotate users rotated", loggedOut: "rotated" },
  { command: "smoke --all", loggedOut: "nobody" },
];

const KEPT = "naboom/alerts/kept";

describe.each([
  ["that they have chosen", { users, clientIds: "free", patterns: { readwrite: ["naboom/clients/%c/#"] } }],
  ["of their own", { users: withAccounts(), clientIds: "own" }],
])("clients with ids %s", (_, settings) => {
  let throwaway: ThrowawayStack;
  let commands: StackCommands;
  let witnesses: Witnesses;
  let broker: string;

  beforeAll(async () => {
    throwaway = await ThrowawayStack.create(inject("workbench"), settings);
    commands = await StackCommands.create(throwaway, settings);
    const { exitCode, output } = await commands.run("up");
    expect(exitCode, output).toBe(0);
    broker = await throwaway.containerRuns("broker");
    witnesses = await Witnesses.connect(await commands.outputs());
  });

  afterAll(async () => {
    await witnesses?.close();
    await commands?.remove();
    await throwaway.remove();
  });

  it("get a message of another client's, also where they were away", async () => {
    await publishKept();
    const seen = await witnesses.look();
    // Six of `everything` and `service` each; four of `web`, which is on two listeners.
    expect(seen.length, seen.join("\n")).toBe(16);
    for (const sentence of seen)
      expect(sentence).toMatch(/ got \d+ messages of \d+ bytes on naboom.alerts.kept$/);
  });

  it("notice who takes a session over", async () => {
    const { clientId, close } = await logInAs("rotated", 0, "rotated-mqtt-here");
    await close();
    const who = `rotated as ${clientId}, connected,`;
    expect(await witnesses.look()).toEqual([`${who} was logged out`, `${who} has lost its session`]);
    expect(await witnesses.look()).toEqual([]);
  });

  it.each(steps)("notice nothing of npm run $command but what it says", async ({ command, loggedOut }) => {
    const [name = "", ...args] = command.split(" ");
    const { exitCode, output } = await commands.run(name, ...args);
    expect(exitCode, output).toBe(0);
    const outputs = await commands.outputs();
    const told = (sentence: string) =>
      sentence.startsWith(`${loggedOut} `) && sentence.endsWith(" was logged out");
    const seen = await witnesses.look(outputs);
    expect(seen.filter((sentence) => !told(sentence)).join("\n")).toBe("");
    expect(seen.filter(told).length).toBe(witnesses.connected(loggedOut));
    expect(await retained(outputs, "everything")).toEqual([KEPT]);
    expect(await throwaway.containerRuns("broker")).toBe(broker);
  });

  async function publishKept(): Promise<void> {
    const sender = await logInAs("everything", WITNESS_ACCOUNTS - 1, "sender");
    await sender.client.publishAllowed(KEPT, "1", { retain: true });
    await sender.close();
  }

  /** Logs in with one of a user's accounts, which are all the same where ids are chosen. */
  async function logInAs(user: string, account: number, chosen: string) {
    const { listeners, certificates, credentials } = await commands.outputs();
    const { host, port } = listenerIn(listeners, "mqtt");
    const endpoint = { listener: "mqtt", host, port, authority: certificates.authority } as const;
    const first = credentials[user];
    const logIn = first?.connections[account - 1] ?? first;
    if (logIn === undefined) throw new Error(`the outputs have no credential of ${user}`);
    const { username, password } = logIn;
    const clientId = settings.clientIds === "own" ? username : chosen;
    const client = await connect(endpoint, { version: 5, clientId, username, password });
    return { client, clientId, close: () => client.close() };
  }
});

function withAccounts() {
  const entries = Object.entries(users).map(([name, rights]) => [
    name,
    { ...rights, connections: WITNESS_ACCOUNTS },
  ]);
  return Object.fromEntries(entries);
}
