import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a port of 127.0.0.1 that can be cut, say nothing any more, and lead elsewhere. */
export class Detour {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #silent = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near, connect(this.#target, "127.0.0.1")));
  }

  static async to(target: number): Promise<Detour> {
    const detour = new Detour(target);
    await new Promise<void>((resolve) => detour.#server.listen(0, "127.0.0.1", resolve));
    return detour;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection, and lets new ones through. */
  cut(): void {
    this.#silent = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Swallows all that is sent either way, also by new connections, until it is cut. */
  fallSilent(): void {
    this.#silent = true;
  }

  /** Cuts it, and leads new connections to another port. */
  lead(target: number): void {
    this.#target = target;
    this.cut();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (chunk) => this.#silent || to.write(chunk));
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroySoon();
      });
    }
  }
}
