/** Where things lie inside the console's containers, and who runs it. */
export const consoleLayout = Object.freeze({
  /** The volume with all kept revisions of the files; the server sees it read-only. */
  files: "/console",
  /** A symlink to the revision in force. */
  current: "/console/current",
  /** New files on their way into the publish container, a tar archive. */
  archive: "/console/files.tar",
  /** The one place that the server writes to; a tmpfs. */
  scratch: "/tmp",
  /** The user and the group that the server runs as: not the broker's, whose files it has no business with. */
  owner: 1884,
  /** The port inside the container that serves the page over TLS. */
  port: 8443,
  /** The port that answers /healthz without TLS, on the container's own loopback only. */
  healthPort: 8081,
});

/** Names of the files in a revision, relative to its folder. */
export const consoleFileNames = Object.freeze({
  configuration: "nginx.conf",
  certificate: "server.crt",
  key: "server.key",
  /** The folder with what anybody may fetch. */
  page: "page",
  /** The folder inside the page's with one sealed file for each account. */
  access: "access",
});

/** The command that runs the server. */
export const consoleCommand: readonly string[] = Object.freeze([
  "/usr/sbin/nginx",
  "-e",
  "stderr",
  "-c",
  `${consoleLayout.current}/${consoleFileNames.configuration}`,
]);

/** The engine's check of the running container: it prints the id of the revision that the server has taken over. */
export const consoleHealthcheck: readonly string[] = Object.freeze([
  "wget",
  "-q",
  "-O",
  "-",
  `http://127.0.0.1:${consoleLayout.healthPort}/healthz`,
]);
