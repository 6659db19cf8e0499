import { isIP } from "node:net";
import { currentPath, layout, revisionFileNames } from "./layout.ts";
import { listeners } from "./listener.ts";

/** The account that only the healthcheck uses, the one topic that it may read, and where it may log in. */
export const healthcheckAccount = Object.freeze({
  name: "healthcheck",
  topic: "$SYS/broker/version",
  listener: "mqtts",
});

/** How a check inside the broker's container reaches it under a name that its certificate is for. */
export interface HealthcheckTarget {
  readonly host: string;
  /** Whether the container's hosts file has to lead this name to the loopback address. */
  readonly needsHostsEntry: boolean;
  /** Whether the name is checked; an address that the container does not have leaves no other way. */
  readonly verifiesName: boolean;
}

/** Chooses the name for the healthcheck among those of the server's certificate. */
export function healthcheckTarget(names: readonly string[]): HealthcheckTarget {
  const loopback = names.find((name) => ["localhost", "127.0.0.1", "::1"].includes(name));
  if (loopback !== undefined) return { host: loopback, needsHostsEntry: false, verifiesName: true };
  const name = names.find((entry) => isIP(entry) === 0);
  if (name === undefined) return { host: "localhost", needsHostsEntry: false, verifiesName: false };
  // A wildcard stands for one label (RFC 6125, 6.4.3).
  return { host: name.replace(/^\*\./, "healthcheck."), needsHostsEntry: true, verifiesName: true };
}

/**
 * Renders the options file of mosquitto_sub(1) with which a check logs in over TLS and reads one
 * retained message; so the password is in no command line, no environment and no `docker inspect`.
 *
 * @param names the names of the server's certificate
 */
export function renderHealthcheck(names: readonly string[], password: string): string {
  const { host, verifiesName } = healthcheckTarget(names);
  return [
    `--host ${host}`,
    `--port ${listeners[healthcheckAccount.listener].port}`,
    `--cafile ${currentPath("authority")}`,
    ...(verifiesName ? [] : ["--insecure"]),
    `--username ${healthcheckAccount.name}`,
    `--pw ${password}`,
    `--topic ${healthcheckAccount.topic}`,
    "-C 1",
    "-W 3",
    "",
  ].join("\n");
}

/** The command that proves that the broker has taken the revision in force over; exit code 0 if it has. */
export const healthcheckCommand: readonly string[] = Object.freeze([
  "mosquitto_sub",
  "-o",
  currentPath("healthcheck"),
]);

/**
 * The command of the container's own healthcheck; exit code 0 is healthy.
 *
 * A broker that runs on any whole revision is. After an update that was killed between its publish and its
 * reload, that is the revision before the one in force, whose password and CA are its own.
 */
export const containerHealthcheck: readonly string[] = Object.freeze([
  "/bin/sh",
  "-c",
  `cd ${layout.revisions}
for revision in current rev-*; do
  mosquitto_sub -o $revision/${revisionFileNames.healthcheck} --cafile $revision/${revisionFileNames.authority} && exit 0
done
exit 1`,
]);
