import { currentPath } from "./layout.ts";
import { listeners } from "./listener.ts";

/** The account that only the healthcheck uses, and the one topic that it may read. */
export const healthcheckAccount = Object.freeze({ name: "healthcheck", topic: "$SYS/broker/version" });

export interface HealthcheckInput {
  /** A name that the server's certificate is for, and that leads to the broker inside its container. */
  readonly host: string;
  readonly password: string;
}

/**
 * Renders the options file of mosquitto_sub(1) with which a check logs in over TLS and reads one
 * retained message; so the password is in no command line, no environment and no `docker inspect`.
 */
export function renderHealthcheck({ host, password }: HealthcheckInput): string {
  return [
    `--host ${host}`,
    `--port ${listeners.mqtts.port}`,
    `--cafile ${currentPath("authority")}`,
    `--username ${healthcheckAccount.name}`,
    `--pw ${password}`,
    `--topic ${healthcheckAccount.topic}`,
    "-C 1",
    "-W 3",
    "",
  ].join("\n");
}

/** The command that checks the broker from inside its container; exit code 0 is healthy. */
export const healthcheckCommand: readonly string[] = Object.freeze([
  "mosquitto_sub",
  "-o",
  currentPath("healthcheck"),
]);
