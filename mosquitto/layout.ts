/** Where things lie inside every container of the stack; the same paths serve the official image and ours. */
export const layout = Object.freeze({
  /** The volume with all kept revisions; the broker sees it read-only. */
  revisions: "/mosquitto/revisions",
  /** A symlink to the revision in force. A symlinked folder is followed, a symlinked password file is not. */
  current: "/mosquitto/revisions/current",
  /** The files of a new revision on their way into the publish container, a compressed tar archive. */
  archive: "/mosquitto/revisions/revision.tar.gz",
  /** The record of what is in force, beside the revisions, and on its way into the publish container. */
  record: "/mosquitto/revisions/taken-over.json",
  /** The record of what is proved, beside the revisions, and on its way into the publish container. */
  proof: "/mosquitto/revisions/proof.json",
  /** The volume with the database of messages and sessions. */
  data: "/mosquitto/data",
  plugins: Object.freeze({
    password: "/usr/lib/mosquitto_password_file.so",
    acl: "/usr/lib/mosquitto_acl_file.so",
    persistence: "/usr/lib/mosquitto_persist_sqlite.so",
  }),
  /** The user and the group that the broker runs as, and that own every file of a revision. */
  owner: 1883,
});

/**
 * A password file for each listener that is on, which holds those who may log in there: it is reloaded, while a change
 * of the configuration would take a restart.
 */
const passwordFileNames = Object.freeze({
  "passwords-mqtt": "passwd-mqtt",
  "passwords-mqtts": "passwd-mqtts",
  "passwords-ws": "passwd-ws",
  "passwords-wss": "passwd-wss",
  "passwords-internal": "passwd-internal",
});

/** The names of the files in a revision; a listener that is off has none. */
export const revisionFileNames = Object.freeze({
  configuration: "mosquitto.conf",
  ...passwordFileNames,
  acl: "acl",
  authority: "ca.crt",
  certificate: "server.crt",
  key: "server.key",
  healthcheck: "healthcheck",
});

/** Files that a revision has only where a listener asks for clients' certificates. */
export const clientCertificateFileNames = Object.freeze({
  clientAuthority: "client-ca.crt",
  revocations: "client.crl",
});

const fileNames = Object.freeze({ ...revisionFileNames, ...clientCertificateFileNames });

/** The absolute path, inside a container, of one file of the revision in force. */
export function currentPath(file: keyof typeof fileNames): string {
  return `${layout.current}/${fileNames[file]}`;
}
