import type { ListenerName } from "../mosquitto/listener.ts";
import { type Client, connect } from "./client.ts";
import { demand } from "./expectation.ts";
import { clearingPacket } from "./packet.ts";
import { scratchName } from "./scratch-name.ts";
import { credentialOf, endpoint, listenerFor } from "./stack.ts";

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

const sessions: Session[] = [];
const retained: Retained[] = [];

/** Remembers, before it comes to be, a session that outlives its connection. */
export function leavesSession(session: Session): void {
  sessions.push(session);
}

/** Remembers, before it comes to be, a retained message. */
export function leavesRetained(message: Retained): void {
  retained.push(message);
}

/** Takes away whatever checks may have left on the broker, also those that failed half-way. */
export async function removeResidue(): Promise<void> {
  await Promise.all([
    ...retained.map(({ listener, writer, topic }) =>
      visit(listener, writer, scratchName(), async (client) => {
        client.write(clearingPacket(5, topic));
        await client.ping();
      }),
    ),
    ...sessions.map(wasThere),
  ]);
}

/** Demands that none of it is there, after {@link removeResidue}. */
export async function demandNoResidue(): Promise<void> {
  const left = await Promise.all([...retained.map(isRetained), ...sessions.map(wasThere)]);
  const count = left.filter((there) => there).length;
  const expected = "no retained message and no session of this run on the broker";
  demand(count === 0, expected, `${count} of ${left.length} still there`);
}

async function isRetained({ listener, reader, topic }: Retained): Promise<boolean> {
  return visit(listener, reader, scratchName(), async (client) => {
    await client.subscribe([topic]);
    await client.ping();
    return client.received.length > 0;
  });
}

/** Whether a session is there. An MQTT 5 client that takes it up with an expiry of 0 ends it when it leaves. */
async function wasThere({ listener, user, clientId }: Session): Promise<boolean> {
  return visit(listener, user, clientId, async (client) => client.connack.sessionPresent);
}

async function visit<Result>(
  listener: ListenerName,
  user: string,
  clientId: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(endpoint(listenerFor(user, listener)), {
    version: 5,
    clientId,
    ...credentialOf(user),
    clean: false,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
