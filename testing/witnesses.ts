import type { StackOutputs } from "../infra/contract.ts";
import { type ListenerName, listenerIn } from "../mosquitto/listener.ts";
import { type Client, connect } from "../smoke-tests/client.ts";
import type { ProtocolVersion } from "../smoke-tests/reason-codes.ts";

/** Longer than any test takes, in seconds. */
const SESSION = 3_600;

/** What the broker itself publishes of its state; its log would be published under `$SYS/broker/log/`. */
const OWN_TOPICS =
  /^\$SYS\/broker\/(version|uptime|(bytes|clients|connections|heap|load|messages|packet|publish|retained messages|shared_subscriptions|store|subscriptions)\/.+)$/;

/** A real client with a session that outlives its connections. */
interface Witness {
  readonly user: string;
  readonly clientId: string;
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  /** Which of its user's accounts it logs in with; it is the only one with that where client ids are own. */
  readonly account: number;
  /** Whether it stays away, so that what is for it is queued. */
  readonly away: boolean;
  client: Client | undefined;
  /** How many messages of this connection have been looked at. */
  seen: number;
}

/** How many accounts a user needs where client ids are own: {@link Witnesses} and {@link retained} take one each. */
export const WITNESS_ACCOUNTS = 7;

/**
 * Real clients of every user of a stack, one on each listener and two that are away, with MQTT 5 and 3.1.1. All are
 * subscribed to `#`, to `$SYS/#` and to their user's filters.
 */
export class Witnesses {
  #outputs: StackOutputs;
  readonly #all: readonly Witness[];

  private constructor(outputs: StackOutputs) {
    this.#outputs = outputs;
    this.#all = Object.keys(outputs.users).flatMap((user) => placements(outputs, user));
  }

  static async connect(outputs: StackOutputs): Promise<Witnesses> {
    const witnesses = new Witnesses(outputs);
    for (const witness of witnesses.#all) {
      await witnesses.#logIn(witness);
      if (witness.away) await witness.client?.close();
    }
    return witnesses;
  }

  /** How many of a user's there are that are connected. */
  connected(user: string): number {
    return this.#all.filter((witness) => witness.user === user && !witness.away).length;
  }

  /**
   * What the clients have gone through since the last look, one sentence for each client and thing: messages that are
   * not the broker's own, a connection that was ended, a session that was lost. A sentence begins with the user's name.
   * Whoever was logged out logs in again.
   */
  async look(outputs: StackOutputs = this.#outputs): Promise<readonly string[]> {
    this.#outputs = outputs;
    const looks = await Promise.all(
      this.#all.map((witness) => (witness.away ? this.#lookAfterReturn(witness) : this.#lookAt(witness))),
    );
    return looks.flat();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ client }) => client?.close()));
  }

  async #lookAt(witness: Witness): Promise<readonly string[]> {
    const stays = await settle(witness.client);
    const messages = this.#news(witness);
    if (stays) return messages;
    return [...messages, `${whoIs(witness)} was logged out`, ...(await this.#logIn(witness))];
  }

  async #lookAfterReturn(witness: Witness): Promise<readonly string[]> {
    const lost = await this.#logIn(witness);
    await settle(witness.client);
    const messages = this.#news(witness);
    await witness.client?.close();
    return [...lost, ...messages];
  }

  /** The session's messages, which were queued while it was away, come with the log-in. */
  async #logIn(witness: Witness): Promise<readonly string[]> {
    const { listener, version, clientId, user, account } = witness;
    const options = { version, clientId, clean: false, sessionSeconds: SESSION };
    const client = await connect(endpoint(this.#outputs, listener), {
      ...options,
      ...logInOf(this.#outputs, user, account),
    });
    witness.client = client;
    witness.seen = 0;
    if (client.connack.sessionPresent) return [];
    await this.#subscribe(witness);
    return [`${whoIs(witness)} has lost its session`];
  }

  async #subscribe(witness: Witness): Promise<void> {
    const { rules } = this.#outputs.users[witness.user] ?? { rules: [] };
    const all = [...rules, ...this.#outputs.patterns].map(({ filter }) =>
      filter.replace("%c", witness.clientId),
    );
    await witness.client?.subscribe([...new Set(["#", "$SYS/#", ...all])]);
    await settle(witness.client);
    // What is retained comes with the subscription.
    witness.seen = witness.client?.received.length ?? 0;
  }

  #news(witness: Witness): readonly string[] {
    const { received = [] } = witness.client ?? {};
    const messages = received.slice(witness.seen).filter(({ topic }) => !OWN_TOPICS.test(topic));
    witness.seen = received.length;
    const topics = [...new Set(messages.map(({ topic }) => topic))];
    if (messages.length === 0) return [];
    const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
    return [
      `${whoIs(witness)} got ${messages.length} messages of ${bytes} bytes on ${topics.slice(0, 3).join(", ")}` +
        (topics.length > 3 ? ` and ${topics.length - 3} more topics` : ""),
    ];
  }
}

function whoIs({ user, clientId, away }: Witness): string {
  return `${user} as ${clientId}, ${away ? "away" : "connected"},`;
}

/** The topics of all retained messages that a user may read, without the broker's own. */
export async function retained(outputs: StackOutputs, user: string): Promise<readonly string[]> {
  const logIn = logInOf(outputs, user, WITNESS_ACCOUNTS - 1);
  const client = await connect(endpoint(outputs, "mqtt"), { version: 5, clientId: "new-here", ...logIn });
  await client.subscribe(["#", "$SYS/#"]);
  await settle(client);
  await client.close();
  const topics = client.received.filter((message) => message.retained).map(({ topic }) => topic);
  return topics.filter((topic) => !OWN_TOPICS.test(topic));
}

/** One connected client on each listener of the user's, and one that is away for each version of MQTT. */
function placements({ users, clientIds, credentials }: StackOutputs, user: string): readonly Witness[] {
  const listeners = users[user]?.listeners ?? [];
  const names = credentials[user];
  const accounts = [names?.username, ...(names?.connections ?? []).map(({ username }) => username)];
  const places = [
    ...listeners.map((listener, index) => ({ listener, index, away: false })),
    ...[0, 1].map((index) => ({ listener: listeners[index] ?? listeners[0], index, away: true })),
  ];
  return places.flatMap(({ listener, index, away }, number) => {
    if (listener === undefined) return [];
    const version: ProtocolVersion = index % 2 === 0 ? 5 : 4;
    const account = clientIds === "own" ? number : 0;
    const free = `${user}-${listener}-${away ? "away" : "here"}`;
    const clientId = clientIds === "own" ? (accounts[account] ?? "") : free;
    return [{ user, clientId, listener, version, account, away, client: undefined, seen: 0 }];
  });
}

function logInOf(outputs: StackOutputs, user: string, account: number) {
  const credential = outputs.credentials[user];
  const one = outputs.clientIds === "own" && account > 0 ? credential?.connections[account - 1] : credential;
  if (one === undefined) throw new Error(`the outputs have no account ${account} of ${user}`);
  return { username: one.username, password: one.password };
}

function endpoint({ listeners, certificates }: StackOutputs, listener: ListenerName) {
  const { host, port } = listenerIn(listeners, listener);
  return { listener, host, port, authority: certificates.authority };
}

/** Waits until all that the broker has for a client is here; false where the connection is gone. */
async function settle(client: Client | undefined): Promise<boolean> {
  if (client === undefined) return false;
  try {
    for (let before = -1; before < client.received.length; ) {
      before = client.received.length;
      await client.ping();
    }
    return true;
  } catch {
    return false;
  }
}
