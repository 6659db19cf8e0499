import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type IConnectPacket, type Packet, parser } from "mqtt-packet";
import type { ListenerName } from "../../mosquitto/listener.ts";
import type { ProtocolVersion } from "../../smoke-tests/reason-codes.ts";
import { openSocket, targetOf } from "./attack-socket.ts";
import { validPacket } from "./malformed/mqtt-bytes.ts";
import type { TrialBroker } from "./trial-broker.ts";

/** Milliseconds that a log-in may take. */
const PATIENCE = 10_000;

export interface AttackClientOptions extends Partial<Pick<IConnectPacket, "will" | "clean">> {
  readonly clientId: string;
  /** @default mqtt */
  readonly listener?: ListenerName;
  /** @default 4 */
  readonly version?: ProtocolVersion;
  /** @default the right one */
  readonly password?: string;
  /** Seconds that the session outlives the connection, in MQTT 5. @default 0 */
  readonly sessionExpiry?: number;
}

/** A client of the account that abuses the broker, which sends whatever it is told to. MQTT without WebSocket only. */
export class AttackClient {
  readonly version: ProtocolVersion;
  readonly #socket: Socket;

  private constructor(socket: Socket, version: ProtocolVersion) {
    this.#socket = socket;
    this.version = version;
  }

  /** Logs in; gives the CONNACK's code where it is not let in, and nothing when the connection was ended. */
  static async connect(
    broker: TrialBroker,
    options: AttackClientOptions,
  ): Promise<{ readonly client?: AttackClient; readonly code?: number | undefined }> {
    const { listener = "mqtt", version = 4 } = options;
    const socket = await openSocket(targetOf(broker, listener)).catch(() => undefined);
    if (socket === undefined) return {};
    socket.removeAllListeners("error").on("error", () => {});
    const code = connack(socket, version);
    socket.write(connectPacket(broker, options, version));
    const answer = await code;
    if (answer === 0) return { client: new AttackClient(socket, version) };
    socket.destroy();
    return { code: answer };
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends packets as they should be. */
  async send(...packets: readonly Packet[]): Promise<void> {
    await this.write(Buffer.concat(packets.map((packet) => validPacket(packet, this.version))));
  }

  /** Sends bytes, and waits while too many of them are unsent, for a while at most. */
  async write(bytes: Buffer): Promise<void> {
    if (this.closed || this.#socket.write(bytes)) return;
    for (let waited = 0; waited < 2_000 && !this.closed && this.#socket.writableNeedDrain; waited += 5)
      await sleep(5);
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Reads and forgets. */
  readOn(): void {
    this.#socket.resume();
  }

  /** Whether all that was sent so far has been handled within so many milliseconds. */
  async isAnswered(within: number): Promise<boolean> {
    const reading = parser({ protocolVersion: this.version });
    let answered = false;
    reading.on("packet", ({ cmd }) => {
      answered ||= cmd === "pingresp";
    });
    const listen = (data: Buffer) => void reading.parse(data);
    this.#socket.on("data", listen);
    await this.send({ cmd: "pingreq" });
    for (let waited = 0; waited < within && !answered && !this.closed; waited += 20) await sleep(20);
    this.#socket.off("data", listen);
    return answered;
  }

  /** Ends the connection without a word. */
  end(): void {
    this.#socket.destroy();
  }
}

function connectPacket(
  broker: TrialBroker,
  { clientId, clean = true, will, password, sessionExpiry = 0 }: AttackClientOptions,
  version: ProtocolVersion,
): Buffer {
  const account = broker.accounts.abuser;
  const packet: IConnectPacket = {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: version,
    clientId,
    clean,
    keepalive: 600,
    username: account.username,
    password: Buffer.from(password ?? account.password),
    ...(will === undefined ? {} : { will }),
    ...(version === 5 ? { properties: { sessionExpiryInterval: sessionExpiry } } : {}),
  };
  return validPacket(packet, version);
}

function connack(socket: Socket, version: ProtocolVersion): Promise<number | undefined> {
  return new Promise((resolve) => {
    const reading = parser({ protocolVersion: version });
    const listen = (data: Buffer) => void reading.parse(data);
    const settle = (code: number | undefined) => {
      socket.off("data", listen);
      resolve(code);
    };
    reading.on("packet", (packet) => {
      if (packet.cmd === "connack") settle(packet.returnCode ?? packet.reasonCode);
    });
    reading.on("error", () => settle(undefined));
    socket.on("data", listen);
    socket.once("close", () => settle(undefined));
    setTimeout(() => settle(undefined), PATIENCE).unref();
  });
}
