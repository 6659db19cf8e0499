import { layout, revisionFileNames } from "./layout.ts";
import { internalListener } from "./listener.ts";

/** The account that only the healthcheck uses, and the one topic that it may read. */
export const healthcheckAccount = Object.freeze({ name: "healthcheck", topic: "$SYS/broker/version" });

/** How a check inside the broker's container reaches the internal listener under a name that its certificate is for. */
export interface HealthcheckTarget {
  readonly host: string;
  /** Whether the name is checked. */
  readonly verifiesName: boolean;
}

/**
 * Chooses the name for the healthcheck among those of the server's certificate that lead to the internal listener.
 *
 * Any other name than the container's own would have to be led to it by an entry in its hosts file, which cannot be
 * changed while it runs, and names are taken over by a reload. So of a certificate without such a name the CA alone
 * is checked here; its names are before it is delivered, and by the smoke tests from outside.
 */
export function healthcheckTarget(names: readonly string[]): HealthcheckTarget {
  const host = [internalListener.address, "localhost"].find((name) => names.includes(name));
  return { host: host ?? internalListener.address, verifiesName: host !== undefined };
}

/**
 * Renders the options file of mosquitto_sub(1) with which a check logs in and reads one retained message,
 * from within its revision's folder; so the password is in no command line, no environment and no `docker inspect`.
 *
 * @param names the names of the server's certificate
 */
export function renderHealthcheck(names: readonly string[], password: string): string {
  const { host, verifiesName } = healthcheckTarget(names);
  return [
    `--host ${host}`,
    `--port ${internalListener.port}`,
    `--cafile ${revisionFileNames.authority}`,
    ...(verifiesName ? [] : ["--insecure"]),
    `--username ${healthcheckAccount.name}`,
    `--pw ${password}`,
    `--topic ${healthcheckAccount.topic}`,
    "-C 1",
    "-W 3",
    "",
  ].join("\n");
}

/**
 * The command that logs in with the healthcheck's account of one revision, for a POSIX shell; exit code 0 if
 * the broker runs on that revision.
 *
 * @param revision the revision's folder
 */
export function healthcheckCommand(revision: string): string {
  return `(cd ${revision} && mosquitto_sub -o ${revisionFileNames.healthcheck})`;
}

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
  ${healthcheckCommand("$revision")} && exit 0
done
exit 1`,
]);
