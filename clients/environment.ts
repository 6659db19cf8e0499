import { join } from "node:path";
import type { ListenerName } from "../mosquitto/listener.ts";
import type { Connection } from "./connection.ts";
import type { Kit } from "./kit.ts";
import { authorityFile, certificateFile, keyFile } from "./trust.ts";

/**
 * Renders mqtt.env with the reference document's variables, and MQTT_CA_FILE.
 *
 * Its lines are read alike by a shell, by systemd, by `docker run --env-file` and by the Django example. With a
 * folder the paths are absolute, since an environment has no place of its own; without one they are meant from the
 * file's folder, as the Django example takes them.
 */
export function renderEnvironment(connection: Connection, folder?: string): Kit {
  const { host, username, password, clientId, keepalive, tls, clientCertificate } = connection;
  const path = (name: string) => (folder === undefined ? name : join(folder, name));
  const lines = [
    variable("MQTT_HOST", host),
    port("MQTT_PORT", connection, "mqtt"),
    port("MQTT_SSL_PORT", connection, "mqtts"),
    variable("MQTT_USERNAME", username),
    variable("MQTT_PASSWORD", password),
    variable("MQTT_CLIENT_ID", clientId),
    variable("MQTT_KEEPALIVE", keepalive),
    variable("MQTT_USE_SSL", tls),
    variable("MQTT_CA_FILE", path(authorityFile)),
    ...(clientCertificate === undefined
      ? []
      : [variable("MQTT_CERTIFICATE_FILE", path(certificateFile)), variable("MQTT_KEY_FILE", path(keyFile))]),
  ];
  const content = `${lines.join("\n")}\n`;
  return {
    files: [{ name: "mqtt.env", purpose: "the variables: the password is in it", content }],
    steps:
      folder === undefined
        ? djangoSteps(tls)
        : [["set -a; . ./mqtt.env; set +a", "puts the variables into a shell"]],
  };
}

/** Says what of a folder's path no environment file can hold, or nothing where it can. */
export function environmentPathFault(folder: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
  return /['\\$`\u0000-\u001f\u007f]/.test(folder)
    ? "an environment file can't hold a path with a quote, a backslash, a $, a backtick or a control character"
    : undefined;
}

function variable(name: string, value: string | number | boolean): string {
  const text = String(value);
  // Quotes only where a shell needs them: Docker takes them for a part of the value.
  return `${name}=${/^[\p{L}\p{N}._@:~/+-]*$/u.test(text) ? text : `'${text}'`}`;
}

function port(name: string, { listeners, user }: Connection, listener: ListenerName): string {
  const found = listeners[listener];
  return found === undefined
    ? `# ${name}: ${user} may not log in on ${listener}`
    : variable(name, found.port);
}

function djangoSteps(tls: boolean): Kit["steps"] {
  const service = `python manage.py run_mqtt_service_secure${tls ? " --ssl" : ""}`;
  return [
    [
      'export MQTT_ENV_FILE="$PWD/mqtt.env"',
      "tells the Django service, which reads it anew when it reconnects",
    ],
    [service, "in examples/django, or in a project with its app `messaging`"],
  ];
}
