import { join } from "node:path";
import { shellText } from "../infra/shell-text.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import { projectFolder } from "../toolchain/project.ts";
import type { Connection } from "./connection.ts";
import type { Kit, KitFile } from "./kit.ts";
import { authorityFile, certificateFile, keyFile } from "./trust.ts";

/** The folder of the Django example, for which a kit of `django` is. */
export const djangoFolder = join(projectFolder, "examples/django");

const environmentName = "mqtt.env";

/** Renders mqtt.env for a shell, systemd and Docker: with absolute paths, as an environment has no place of its own. */
export function renderEnvironment(connection: Connection, folder: string): Kit {
  return {
    files: [environmentFile(connection, (file) => join(folder, file))],
    steps: [[`set -a; . ./${environmentName}; set +a`, "puts the variables into a shell"]],
  };
}

/** Renders mqtt.env for the Django example, which takes paths from the file's folder. */
export function renderDjango(connection: Connection, folder: string): Kit {
  const manage = ".venv/bin/python manage.py";
  return {
    files: [environmentFile(connection, (file) => file)],
    stepsFolder: djangoFolder,
    steps: [
      ["python3 -m venv .venv", "once; Debian has it in python3-venv"],
      [".venv/bin/pip install --require-hashes -r requirements.txt", "once"],
      [
        `export MQTT_ENV_FILE=${shellText(join(folder, environmentName))}`,
        "which it reads anew when it reconnects",
      ],
      [`${manage} migrate`, "makes the tables, in SQLite where POSTGRES_DB is not set"],
      [`${manage} run_mqtt_service_secure${connection.tls ? " --ssl" : ""}`, "runs it until Ctrl-C"],
    ],
  };
}

/** The reference document's variables, and MQTT_CA_FILE, in lines that every reader of such files takes alike. */
function environmentFile(connection: Connection, path: (file: string) => string): KitFile {
  const { host, username, password, clientId, keepalive, tls, clientCertificate } = connection;
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
  return {
    name: environmentName,
    purpose: "the variables: the password is in it",
    content: `${lines.join("\n")}\n`,
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
