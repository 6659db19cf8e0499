import type { Connection } from "./connection.ts";
import type { KitFile } from "./kit.ts";
import { authorityFile, certificateFile, keyFile } from "./trust.ts";

/**
 * Renders connection.json, which the snippets read, and which is the whole of a kit for machines.
 *
 * Paths are meant from the file's own folder, so that the folder can be moved. Without a password it is the
 * certificate that says who the client is.
 */
export function renderConnectionFile(connection: Connection): KitFile {
  const { url, host, port, tls, user, clientId, keepalive, subscribe, publish, listeners } = connection;
  const certificate = connection.clientCertificate === undefined ? {} : { certificateFile, keyFile };
  const content = {
    ...{ url, host, port, tls, caFile: authorityFile, ...certificate },
    ...{ user, ...logIn(connection), clientId, keepalive },
    ...{ subscribe: subscribe ?? null, publish: publish ?? null },
    listeners,
  };
  return {
    name: "connection.json",
    purpose: "where, and who: the password is in it",
    content: `${JSON.stringify(content, undefined, 2)}\n`,
  };
}

/** A name and a password, where the listener looks at any. */
export function logIn({ clientCertificates, username, password }: Connection): {
  readonly username?: string;
  readonly password?: string;
} {
  return clientCertificates === "identity" ? {} : { username, password };
}
