import type { ListenerName } from "../../mosquitto/listener.ts";
import { type Client, connect } from "../client.ts";
import { demand } from "../expectation.ts";
import { clearingPacket } from "../packet.ts";
import { scratchName } from "../scratch-name.ts";
import type { StackView } from "./stack-view.ts";

interface Session {
  /** Where it was left, if the user may log in there. */
  readonly listener: ListenerName;
  readonly user: string;
  readonly clientId: string;
}

interface Retained {
  /** Where it was left, if the user may log in there. */
  readonly listener: ListenerName;
  readonly writer: string;
  readonly reader: string;
  readonly topic: string;
}

/** What checks may leave on a broker, so that it can be taken away, also where they fail half-way. */
export class Residue {
  readonly #stack: StackView;
  readonly #sessions: Session[] = [];
  readonly #retained: Retained[] = [];

  constructor(stack: StackView) {
    this.#stack = stack;
  }

  /** Remembers, before it comes to be, a session that outlives its connection. */
  leavesSession(session: Session): void {
    this.#sessions.push(session);
  }

  /** Remembers, before it comes to be, a retained message. */
  leavesRetained(message: Retained): void {
    this.#retained.push(message);
  }

  /** Takes away all that was left, and demands that none of it is there any more. */
  async demandNone(): Promise<void> {
    await this.#remove();
    const left = await Promise.all([
      ...this.#retained.map((message) => this.#isRetained(message)),
      ...this.#sessions.map((session) => this.#wasThere(session)),
    ]);
    const count = left.filter((there) => there).length;
    const expected = "no retained message and no session of this run on the broker";
    demand(count === 0, expected, `${count} of ${left.length} still there`);
  }

  async #remove(): Promise<void> {
    await Promise.all([
      ...this.#retained.map(({ listener, writer, topic }) =>
        this.#visit(listener, writer, scratchName(), async (client) => {
          client.write(clearingPacket(5, topic));
          await client.ping();
        }),
      ),
      ...this.#sessions.map((session) => this.#wasThere(session)),
    ]);
  }

  #isRetained({ listener, reader, topic }: Retained): Promise<boolean> {
    return this.#visit(listener, reader, scratchName(), async (client) => {
      await client.subscribe([topic]);
      await client.ping();
      return client.received.length > 0;
    });
  }

  /** Whether a session is there. An MQTT 5 client that takes it up with an expiry of 0 ends it when it leaves. */
  #wasThere({ listener, user, clientId }: Session): Promise<boolean> {
    return this.#visit(listener, user, clientId, async (client) => client.connack.sessionPresent);
  }

  async #visit<Result>(
    listener: ListenerName,
    user: string,
    clientId: string,
    work: (client: Client) => Promise<Result>,
  ): Promise<Result> {
    const client = await connect(this.#stack.endpoint(this.#stack.listenerFor(user, listener)), {
      version: 5,
      clientId,
      ...this.#stack.credentialOf(user),
      clean: false,
    });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }
}
