import { createInterface } from "node:readline";
import { execa } from "execa";
import { type AccessControlList, renderAcl } from "./acl.ts";
import { AuthorizationClient, DEADLINE } from "./authorization-client.ts";
import type { AccessRequest, Scenario } from "./authorization-scenario.ts";
import { layout } from "./layout.ts";

/** What a broker did: whether it passed a message on from a client, or to it. */
export interface Observation extends AccessRequest {
  readonly allowed: boolean;
}

const NOT_AUTHORIZED = 0x87;
/** A retained message that the broker writes when it starts; no client may write there. */
const VERSION_TOPIC = "$SYS/broker/version";
/** The name and the client id of a client that sees when an ACL is in force. */
const PROBE = "probe of the ACL";

/**
 * A throwaway broker whose ACL is replaced for each scenario, by SIGHUP as in the stack.
 *
 * It has two listeners. The one with the ACL takes each client at its word for the user's name, as there is no
 * password plugin; the other has no ACL, so that the witness there may do all that the broker does not reserve.
 */
export class AuthorizationBroker {
  readonly #container: string;
  readonly #port: number;
  readonly #witness: AuthorizationClient;
  readonly #probe: AuthorizationClient;
  readonly #shell: Shell;
  #round = 0;

  private constructor(
    container: string,
    port: number,
    witness: AuthorizationClient,
    probe: AuthorizationClient,
  ) {
    this.#container = container;
    this.#port = port;
    this.#witness = witness;
    this.#probe = probe;
    this.#shell = new Shell(container);
  }

  static async start(image: string): Promise<AuthorizationBroker> {
    const script = `printf '%s' "$0" >/work/conf; touch /work/acl; exec mosquitto -c /work/conf`;
    const args = ["--tmpfs", "/work:mode=1777", "-p", "127.0.0.1::1883", "-p", "127.0.0.1::1884"];
    const command = ["--entrypoint", "/bin/sh", image, "-c", script, configuration.join("\n")];
    const { stdout: container } = await execa`docker run -d ${args} ${command}`;
    try {
      const [port, openPort] = [await publishedPort(container, 1883), await publishedPort(container, 1884)];
      const witness = await AuthorizationClient.connectOnceUp(openPort, {
        username: "witness",
        clientId: "the witness",
      });
      await witness.subscribe([VERSION_TOPIC]);
      const probe = await AuthorizationClient.connect(port, { username: PROBE, clientId: PROBE });
      return new AuthorizationBroker(container, port, witness, probe);
    } catch (error) {
      const log = await execa({ all: true })`docker logs ${container}`;
      await execa`docker rm -f ${container}`;
      throw new Error(`the broker does not come up: ${log.all}`, { cause: error });
    }
  }

  async remove(): Promise<void> {
    for (const client of [this.#witness, this.#probe]) client.close();
    this.#shell.close();
    await execa`docker rm -f ${this.#container}`;
  }

  /**
   * Asks about every client on every topic, for reading and for writing.
   *
   * What counts is delivery: of each client's message to the witness, and of the witness' to each client. Silence
   * is proved by the broker's answer to a later ping, as what it sends on one connection keeps its order. Reading
   * is left out where the witness does not get its own message either, since there is none to be read then.
   *
   * @throws Error when a client was told something else than what became of its message
   */
  async observe({ acl, clients: identities, topics }: Scenario): Promise<Observation[]> {
    await this.#load(acl);
    const clients = await Promise.all(
      identities.map((identity) => AuthorizationClient.connect(this.#port, identity)),
    );
    try {
      const all = [this.#witness, ...clients];
      await Promise.all(all.map((client) => client.subscribe(topics)));
      const codes = await Promise.all(all.map((client) => client.publish(topics, this.#payload(client))));
      await Promise.all(all.map((client) => client.ping()));
      return clients.flatMap((client, index) =>
        topics.flatMap((topic) => [
          this.#written(acl, client, topic, codes[index + 1]?.get(topic)),
          ...this.#read(acl, client, topic),
        ]),
      );
    } finally {
      for (const client of clients) client.close();
    }
  }

  /** Whether the broker takes a message on each topic from the first client, going by its answer alone. */
  async answers({ acl, clients: [identity], topics }: Scenario): Promise<ReadonlyMap<string, boolean>> {
    if (identity === undefined) throw new Error("there is nobody to publish");
    await this.#load(acl);
    const client = await AuthorizationClient.connect(this.#port, identity);
    const codes = await client.publish(topics, this.#payload(client)).finally(() => client.close());
    return new Map([...codes].map(([topic, code]) => [topic, code !== NOT_AUTHORIZED]));
  }

  /** Puts an ACL in force, and sees that it is: only this one lets the probe write to this round's topic. */
  async #load({ users, patterns }: AccessControlList): Promise<void> {
    this.#round += 1;
    const topic = `$probe/${this.#round}`;
    const rules = [{ access: "write", filter: topic }] as const;
    const text = renderAcl({ users: [...users, { name: PROBE, rules }], patterns });
    await this.#shell.run(`cat >/work/acl <<'END OF ACL'\n${text}END OF ACL\nkill -HUP 1`);
    const deadline = Date.now() + DEADLINE;
    while ((await this.#probe.publish([topic], "")).get(topic) === NOT_AUTHORIZED) {
      if (Date.now() > deadline) throw new Error(`the broker does not take over this ACL:\n${text}`);
    }
  }

  #written(
    acl: AccessControlList,
    client: AuthorizationClient,
    topic: string,
    code: number | undefined,
  ): Observation {
    const allowed = this.#witness.got(topic, this.#payload(client));
    if (allowed === (code === NOT_AUTHORIZED)) {
      const fate = allowed ? "passed on" : "not passed on";
      throw new Error(
        `a message on ${topic} was ${fate}, but acknowledged with code ${code}:\n${renderAcl(acl)}`,
      );
    }
    return { acl, client: client.identity, access: "write", topic, allowed };
  }

  #read(acl: AccessControlList, client: AuthorizationClient, topic: string): Observation[] {
    const payload = topic === VERSION_TOPIC ? undefined : this.#payload(this.#witness);
    if (!this.#witness.got(topic, payload)) return [];
    return [{ acl, client: client.identity, access: "read", topic, allowed: client.got(topic, payload) }];
  }

  #payload({ identity }: AuthorizationClient): string {
    return `${this.#round} ${identity.clientId}`;
  }
}

/** A shell in a container that stays open, since to start one for each command takes longer than the command. */
class Shell {
  readonly #process;
  readonly #lines: AsyncIterator<string>;

  constructor(container: string) {
    this.#process = execa({ reject: false, buffer: false })`docker exec -i ${container} sh`;
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Runs a command that prints nothing. */
  async run(command: string): Promise<void> {
    this.#process.stdin.write(`${command}\necho done\n`);
    const { value } = await this.#lines.next();
    if (value !== "done") throw new Error(`the container's shell answered ${value} to ${command}`);
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** The plugin is loaded and used as in the stack; one listener goes without. */
const configuration = [
  "log_type error",
  `plugin_load acl ${layout.plugins.acl}`,
  "plugin_opt_acl_file /work/acl",
  "listener 1883",
  "listener_allow_anonymous true",
  "plugin_use acl",
  "set_tcp_nodelay true",
  "listener 1884",
  "listener_allow_anonymous true",
];

/** The port of the host's loopback that leads to one of a container's. */
async function publishedPort(container: string, port: number): Promise<number> {
  const { stdout } = await execa`docker port ${container} ${port}/tcp`;
  return Number(stdout.split(":").at(-1));
}
