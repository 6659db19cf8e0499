import type { Connection } from "./connection.ts";
import { logIn, renderConnectionFile } from "./connection-file.ts";
import type { Kit } from "./kit.ts";
import { greeting, lines, literal, pythonKit, pythonPackages, SESSION_SECONDS, summary } from "./python.ts";

/** Renders a snippet for paho-mqtt 2. */
export function renderPaho(connection: Connection): Kit {
  return pythonKit(pythonPackages.paho, snippet(connection), renderConnectionFile(connection));
}

function snippet(connection: Connection): string {
  const { tls, subscribe } = connection;
  return lines(
    `"""${summary(connection)}"""`,
    ...beginning(tls),
    ...onConnect(connection),
    "",
    "",
    ...(subscribe === undefined ? [] : onMessage),
    ...onDisconnect,
    "",
    "",
    ...(tls ? onConnectFail : []),
    ...construction(connection),
    "try:",
    '    client.connect(BROKER["host"], BROKER["port"], BROKER["keepalive"], clean_start=False, properties=session)',
    "    client.loop_forever()",
    "except OSError as error:",
    "    problem = f\"cannot connect to {BROKER['url']}: {error}\"",
    "except KeyboardInterrupt:",
    "    client.disconnect()",
    "sys.exit(problem)",
  );
}

function beginning(tls: boolean): readonly (string | false)[] {
  return [
    "import json",
    tls && "import ssl",
    "import sys",
    "from pathlib import Path",
    "",
    "import paho.mqtt.client as mqtt",
    "from paho.mqtt.packettypes import PacketTypes",
    "from paho.mqtt.properties import Properties",
    "",
    "KIT = Path(__file__).resolve().parent",
    'BROKER = json.loads((KIT / "connection.json").read_text(encoding="utf-8"))',
    "TEMPORARY = {0x88, 0x89, 0x97, 0x9F}  # MQTT 5's codes for what passes by itself",
    "TAKEN_OVER = 0x8E  # another client with this client id",
    "problem = None",
    "",
    "",
    "def stop(client, reason):",
    "    global problem",
    "    problem = reason",
    "    client.disconnect()",
    "",
    "",
  ];
}

function construction(connection: Connection): readonly (string | false)[] {
  const { tls, clientCertificate, subscribe, publish } = connection;
  return [
    'client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, BROKER["clientId"], protocol=mqtt.MQTTv5)',
    logIn(connection).username !== undefined &&
      'client.username_pw_set(BROKER["username"], BROKER["password"])',
    tls && (clientCertificate === undefined ? TRUST : TRUST_WITH_CERTIFICATE),
    "client.on_connect = on_connect",
    publish !== undefined && "client.on_publish = on_publish",
    subscribe !== undefined && "client.on_message = on_message",
    "client.on_disconnect = on_disconnect",
    tls && "client.on_connect_fail = on_connect_fail",
    "session = Properties(PacketTypes.CONNECT)",
    `session.SessionExpiryInterval = ${SESSION_SECONDS}  # the broker keeps messages for so many seconds`,
  ];
}

const TRUST = 'client.tls_set(KIT / BROKER["caFile"])';
const TRUST_WITH_CERTIFICATE =
  'client.tls_set(KIT / BROKER["caFile"], KIT / BROKER["certificateFile"], KIT / BROKER["keyFile"])';

function onConnect(connection: Connection): readonly string[] {
  const { subscribe, publish } = connection;
  const greeted = greeting(connection);
  return [
    "def on_connect(client, userdata, flags, reason, properties):",
    "    if reason.value in TEMPORARY:",
    '        return print(f"refused for now: {reason}", file=sys.stderr, flush=True)',
    "    if reason.is_failure:",
    "        return stop(client, f\"refused by {BROKER['url']}: {reason}\")",
    ...(subscribe === undefined ? [] : [`    client.subscribe(${literal(subscribe)}, qos=1)`]),
    ...(greeted === undefined ? [] : [`    print(${literal(greeted)}, flush=True)`]),
    ...(publish === undefined
      ? []
      : [
          `    client.publish(${literal(publish)}, "hello from paho", qos=1)`,
          "",
          "",
          "def on_publish(client, userdata, mid, reason, properties):",
          '    print(f"not published: {reason}" if reason.is_failure else "published", flush=True)',
          ...(subscribe === undefined ? ["    client.disconnect()"] : []),
        ]),
  ];
}

const onMessage: readonly string[] = [
  "def on_message(client, userdata, message):",
  '    print(message.topic, message.payload.decode(errors="replace"), flush=True)',
  "",
  "",
];

const onDisconnect: readonly string[] = [
  "def on_disconnect(client, userdata, flags, reason, properties):",
  "    if reason.value == TAKEN_OVER:",
  '        stop(client, f"disconnected: {reason}")',
  "    elif reason.is_failure and not problem:",
  '        print(f"disconnected: {reason}; trying again", file=sys.stderr, flush=True)',
];

/** paho tries to connect again whatever has failed, and hands no error on, but calls this while it handles one. */
const onConnectFail: readonly string[] = [
  "def on_connect_fail(client, userdata):",
  "    error = sys.exc_info()[1]",
  "    if isinstance(error, ssl.SSLCertVerificationError):",
  "        stop(client, f\"cannot connect to {BROKER['url']}: {error}\")",
  "",
  "",
];
