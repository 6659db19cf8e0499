/** Where things lie inside every container of the stack; the same paths serve the official image and ours. */
export const layout = Object.freeze({
  /** The volume with all kept revisions; the broker sees it read-only. */
  revisions: "/mosquitto/revisions",
  /** A symlink to the revision in force. A symlinked folder is followed, a symlinked password file is not. */
  current: "/mosquitto/revisions/current",
  /** The volume with the persistence database. */
  data: "/mosquitto/data",
  plugins: Object.freeze({
    password: "/usr/lib/mosquitto_password_file.so",
    acl: "/usr/lib/mosquitto_acl_file.so",
  }),
  /** The user and the group that the broker runs as, and that own every file of a revision. */
  owner: 1883,
});

/** The names of the files in a revision. */
export const revisionFileNames = Object.freeze({
  configuration: "mosquitto.conf",
  passwords: "passwd",
  acl: "acl",
  authority: "ca.crt",
  certificate: "server.crt",
  key: "server.key",
  healthcheck: "healthcheck",
});

/** The absolute path, inside a container, of one file of the revision in force. */
export function currentPath(file: keyof typeof revisionFileNames): string {
  return `${layout.current}/${revisionFileNames[file]}`;
}
