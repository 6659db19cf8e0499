import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** A broker without TLS that lets nobody in: it answers each connection with the next of its reason codes. */
export class AnsweringBroker {
  readonly #server: Server;
  readonly #answers: number[];

  private constructor(answers: readonly number[]) {
    this.#answers = [...answers];
    this.#server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        const reason = this.#answers.shift();
        if (reason === undefined) socket.destroy();
        // A CONNACK of MQTT 5: no session, the reason code, no properties (MQTT 5, 3.2).
        else socket.end(Buffer.of(0x20, 3, 0, reason, 0));
      });
    });
  }

  /** @param answers reason codes of MQTT 5 (2.4), for one connection each */
  static async start(answers: readonly number[]): Promise<AnsweringBroker> {
    const broker = new AnsweringBroker(answers);
    broker.#server.listen(0, "127.0.0.1");
    await once(broker.#server, "listening");
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many answers nobody has come for. */
  get left(): number {
    return this.#answers.length;
  }

  close(): void {
    this.#server.close();
  }
}
