import { connect, type Socket } from "node:net";
import { generate, type IConnackPacket, type Packet, parser } from "mqtt-packet";
import type { TrialBroker } from "../abuse/trial-broker.ts";
import type { TrialAccount } from "../abuse/trial-revision.ts";

/** Milliseconds that a broker which is just starting is tried for. */
const PATIENCE = 20_000;

export interface PlainClientOptions {
  readonly clientId: string;
  /** Whether the session ends with the connection. */
  readonly clean: boolean;
  /** @default bystander */
  readonly account?: TrialAccount;
}

/**
 * A client of MQTT 3.1.1 that does nothing by itself: what it is sent and what becomes of it is all its user's, since
 * a library would send again what the broker has lost.
 */
export class PlainClient {
  readonly sessionPresent: boolean;
  readonly #socket: Socket;

  private constructor(socket: Socket, connack: IConnackPacket) {
    this.#socket = socket;
    this.sessionPresent = connack.sessionPresent;
  }

  /**
   * Logs in, and tries again while the broker is not there yet.
   *
   * @param onPacket hears every packet after the CONNACK
   */
  static async connect(
    broker: TrialBroker,
    options: PlainClientOptions,
    onPacket: (packet: Packet, client: PlainClient) => void,
  ): Promise<PlainClient> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const client = await PlainClient.#tryOnce(broker, options, onPacket);
      if (client !== undefined) return client;
      if (Date.now() > deadline) throw new Error(`${options.clientId} is not let in:\n${await broker.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  static #tryOnce(
    broker: TrialBroker,
    { clientId, clean, account = "bystander" }: PlainClientOptions,
    onPacket: (packet: Packet, client: PlainClient) => void,
  ): Promise<PlainClient | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: broker.port("mqtt"), noDelay: true });
      const reading = parser({ protocolVersion: 4 });
      let client: PlainClient | undefined;
      reading.on("packet", (packet) => {
        if (client !== undefined) onPacket(packet, client);
        else if (packet.cmd === "connack" && packet.returnCode === 0) {
          client = new PlainClient(socket, packet);
          resolve(client);
        } else socket.destroy();
      });
      socket.on("data", (data) => reading.parse(data));
      socket.on("error", () => socket.destroy());
      socket.on("close", () => resolve(undefined));
      const { username, password } = broker.accounts[account];
      const packet = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, keepalive: 60 } as const;
      socket.write(generate({ ...packet, clientId, clean, username, password: Buffer.from(password) }));
    });
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  send(packet: Packet): void {
    if (!this.closed) this.#socket.write(generate(packet));
  }

  /** Leaves without a word. */
  drop(): void {
    this.#socket.destroy();
  }

  /** Says goodbye, and waits until the connection has ended. */
  async leave(): Promise<void> {
    const ended = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.end(generate({ cmd: "disconnect" }));
    await ended;
  }
}
