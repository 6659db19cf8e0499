import type { Account, Connection } from "./connection.ts";
import { logIn } from "./connection-file.ts";
import type { Kit } from "./kit.ts";
import { lines, SESSION_SECONDS } from "./python.ts";
import { authorityFile, certificateFile, keyFile } from "./trust.ts";

/**
 * Renders files for mosquitto_sub and mosquitto_pub, and two scripts that call them.
 *
 * The options files have the names that every version of the clients looks for in XDG_CONFIG_HOME
 * (mosquitto_sub(1), FILES): `-o`, which names one, came with 2.1 only, and Debian's clients are older. Two clients
 * with one id would throw each other out, so the publisher has another.
 */
export function renderMosquitto(connection: Connection): Kit {
  const { publisher, subscribe, publish } = connection;
  const session = ["--disable-clean-session", `-x ${SESSION_SECONDS}`];
  return {
    files: [
      {
        name: "subscribe.sh",
        purpose: "prints what arrives",
        content: script(
          "mosquitto_sub",
          connection,
          [
            "# sh subscribe.sh [TOPIC FILTER [OPTION…]]: prints what arrives, and what came since it was last run.",
            ...argument("filter", subscribe),
          ],
          '-v -t "$filter" "$@"',
        ),
      },
      {
        name: "publish.sh",
        purpose: "publishes a message",
        content: script(
          "mosquitto_pub",
          connection,
          [
            "# sh publish.sh [TOPIC [TEXT [OPTION…]]]: publishes a message.",
            ...argument("topic", publish),
            ...argument("text", "hello from mosquitto"),
          ],
          '-t "$topic" -m "$text" "$@"',
        ),
      },
      {
        name: "mosquitto_sub",
        purpose: "its options: the password is in it",
        content: options(connection, connection, session),
      },
      { name: "mosquitto_pub", purpose: "the same", content: options(connection, publisher, []) },
    ],
    steps: [
      ["sh subscribe.sh", "prints what arrives"],
      ["sh publish.sh", "publishes a message"],
    ],
  };
}

function options(
  connection: Connection,
  { clientId, username, password }: Account,
  more: readonly string[],
): string {
  return lines(
    `--host ${connection.host}`,
    `--port ${connection.port}`,
    ...(logIn(connection).username === undefined ? [] : [`--username ${username}`, `--pw ${password}`]),
    `--id ${clientId}`,
    `--keepalive ${connection.keepalive}`,
    "--protocol-version 5",
    "--qos 1",
    ...more,
  );
}

/** Paths are no secrets, and an options file can't say that they are meant from its own folder. */
function script(
  program: string,
  { tls, clientCertificate }: Connection,
  beginning: readonly string[],
  ending: string,
): string {
  const path = (name: string) => `"$kit/${name}"`;
  const trust = tls ? ` --cafile ${path(authorityFile)}` : "";
  const own =
    tls && clientCertificate !== undefined ? ` --cert ${path(certificateFile)} --key ${path(keyFile)}` : "";
  return lines(
    "#!/bin/sh",
    ...beginning,
    'kit=$(cd "$(dirname "$0")" && pwd)',
    `XDG_CONFIG_HOME=$kit exec ${program}${trust}${own} ${ending}`,
  );
}

/** Takes a script's next argument, or a text in its place; quotes are what a POSIX shell needs. */
function argument(name: string, otherwise: string | undefined): readonly string[] {
  if (otherwise === undefined) return [`${name}=\${1:?no right says what ${name} could be}`, "shift"];
  return [`${name}='${otherwise.replaceAll("'", "'\\''")}'`, `if [ $# -gt 0 ]; then ${name}=$1; shift; fi`];
}
