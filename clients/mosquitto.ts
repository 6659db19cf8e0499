import { shellText } from "../infra/shell-text.ts";
import type { Account, Connection } from "./connection.ts";
import { logIn } from "./connection-file.ts";
import type { Kit, KitFile } from "./kit.ts";
import { lines, SESSION_SECONDS } from "./python.ts";
import { authorityFile, certificateFile, keyFile } from "./trust.ts";

/**
 * Renders files for mosquitto_sub and mosquitto_pub, and scripts that call those of them that the user has a right for.
 *
 * The options files have the names that every version of the clients looks for in XDG_CONFIG_HOME
 * (mosquitto_sub(1), FILES): `-o`, which names one, came with 2.1 only, and Debian's clients are older. Two clients
 * with one id would throw each other out, so the publisher has another.
 */
export function renderMosquitto(connection: Connection): Kit {
  const { subscribe, publish } = connection;
  const parts = [
    ...(subscribe === undefined ? [] : [subscriber(connection, subscribe)]),
    ...(publish === undefined ? [] : [publisher(connection, publish)]),
  ];
  return {
    files: [...parts.map(({ script }) => script), ...parts.map(({ options }) => options)],
    steps: parts.map(({ script: { name, purpose } }) => [`sh ${name}`, purpose]),
  };
}

interface Part {
  readonly script: KitFile;
  readonly options: KitFile;
}

function subscriber(connection: Connection, filter: string): Part {
  const session = ["--disable-clean-session", `-x ${SESSION_SECONDS}`];
  const beginning = [
    "# sh subscribe.sh [TOPIC FILTER [OPTION…]]: prints what arrives, and what came since it was last run.",
    ...argument("filter", filter),
  ];
  return {
    script: {
      name: "subscribe.sh",
      purpose: "prints what arrives",
      content: script("mosquitto_sub", connection, beginning, '-v -t "$filter" "$@"'),
    },
    options: {
      name: "mosquitto_sub",
      purpose: "its options: the password is in it",
      content: options(connection, connection, session),
    },
  };
}

function publisher(connection: Connection, topic: string): Part {
  const beginning = [
    "# sh publish.sh [TOPIC [TEXT [OPTION…]]]: publishes a message.",
    ...argument("topic", topic),
    ...argument("text", "hello from mosquitto"),
  ];
  return {
    script: {
      name: "publish.sh",
      purpose: "publishes a message",
      content: script("mosquitto_pub", connection, beginning, '-t "$topic" -m "$text" "$@"'),
    },
    options: {
      name: "mosquitto_pub",
      purpose: "its options: the password is in it",
      content: options(connection, connection.publisher, []),
    },
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

/** Takes a script's next argument, or a text in its place. */
function argument(name: string, otherwise: string): readonly string[] {
  return [`${name}=${shellText(otherwise)}`, `if [ $# -gt 0 ]; then ${name}=$1; shift; fi`];
}
