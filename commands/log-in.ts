import mqtt from "mqtt";
import type { Connection } from "../clients/connection.ts";
import type { StackOutputs } from "../infra/contract.ts";
import { runCommand } from "../infra/mend.ts";
import { UserError } from "../toolchain/user-error.ts";

/** Milliseconds that a broker has for an answer. */
const DEADLINE = 15_000;

/**
 * Logs in as a connection says, once, and leaves: its kit will work, or is not worth writing.
 *
 * With an id of its own, so that a client that has the kit already goes on. Where ids are the accounts' names it logs
 * in with an account of the smoke tests for the same reason, and all but the password is seen to work.
 *
 * @throws UserError with what the broker, or the way to it, answered
 */
export async function tryLogIn(outputs: StackOutputs, connection: Connection, stack: string): Promise<void> {
  const { url, authority, clientCertificate, user, keepalive } = connection;
  const own = outputs.clientIds === "own" ? outputs.proofCredentials[user]?.at(-1) : undefined;
  const { username, password } = own ?? connection;
  const options: mqtt.IClientOptions = {
    ...{ username, password, keepalive, protocolVersion: 5 },
    clientId: `${connection.clientId}-trial`,
    ...{ reconnectPeriod: 0, connectTimeout: DEADLINE },
    ca: authority,
    ...(clientCertificate === undefined
      ? {}
      : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  };
  const client = await mqtt.connectAsync(url, options, false).catch((error: unknown) => {
    throw new UserError(
      `user ${user} can't log in on ${url} (${reasonOf(error)}), so nothing was written; see what is wrong with: ${runCommand(stack, "smoke")}`,
    );
  });
  await client.endAsync(true);
}

/** A refused connection to both addresses of a name has no message, but a code. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || String(code ?? error);
}
