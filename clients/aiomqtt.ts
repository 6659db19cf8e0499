import type { Connection } from "./connection.ts";
import { logIn, renderConnectionFile } from "./connection-file.ts";
import type { Kit } from "./kit.ts";
import { greeting, lines, literal, pythonKit, pythonPackages, SESSION_SECONDS, summary } from "./python.ts";

/** Renders a snippet for aiomqtt 2. */
export function renderAiomqtt(connection: Connection): Kit {
  return pythonKit(pythonPackages.aiomqtt, snippet(connection), renderConnectionFile(connection));
}

function snippet(connection: Connection): string {
  const { tls, clientCertificate } = connection;
  return lines(
    `"""${summary(connection)}"""`,
    "import asyncio",
    "import json",
    tls && "import ssl",
    "import sys",
    "from pathlib import Path",
    "",
    "import aiomqtt",
    "from paho.mqtt.packettypes import PacketTypes",
    "from paho.mqtt.properties import Properties",
    "",
    "KIT = Path(__file__).resolve().parent",
    'BROKER = json.loads((KIT / "connection.json").read_text(encoding="utf-8"))',
    "TEMPORARY = {0x88, 0x89, 0x97, 0x9F}  # MQTT 5's codes for what passes by itself",
    "TAKEN_OVER = 0x8E  # another client with this client id",
    "",
    "",
    "async def main():",
    tls && '    tls = ssl.create_default_context(cafile=KIT / BROKER["caFile"])',
    tls &&
      clientCertificate !== undefined &&
      '    tls.load_cert_chain(KIT / BROKER["certificateFile"], KIT / BROKER["keyFile"])',
    "    session = Properties(PacketTypes.CONNECT)",
    `    session.SessionExpiryInterval = ${SESSION_SECONDS}  # the broker keeps messages for so many seconds`,
    ...connecting(connection),
    "",
    "",
    ...finality(tls),
    "",
    "",
    "try:",
    "    asyncio.run(main())",
    "except KeyboardInterrupt:",
    "    pass",
  );
}

/** A client for each connection: one that was thrown out takes itself for connected when it is used again. */
function construction(connection: Connection): readonly string[] {
  return [
    "            async with aiomqtt.Client(  # used once, as it would not see a refusal the second time",
    '                BROKER["host"],',
    '                BROKER["port"],',
    ...(logIn(connection).username === undefined
      ? []
      : ['                username=BROKER["username"],', '                password=BROKER["password"],']),
    '                identifier=BROKER["clientId"],',
    '                keepalive=BROKER["keepalive"],',
    "                protocol=aiomqtt.ProtocolVersion.V5,",
    "                clean_start=False,",
    "                properties=session,",
    ...(connection.tls ? ["                tls_context=tls,"] : []),
    "            ) as client:",
  ];
}

function connecting(connection: Connection): readonly string[] {
  const { subscribe, publish } = connection;
  const greeted = greeting(connection);
  return [
    "    while True:",
    "        try:",
    ...construction(connection),
    ...(subscribe === undefined
      ? []
      : [`                await client.subscribe(${literal(subscribe)}, qos=1)`]),
    ...(greeted === undefined ? [] : [`                print(${literal(greeted)}, flush=True)`]),
    ...(publish === undefined
      ? []
      : [
          `                await client.publish(${literal(publish)}, "hello from aiomqtt", qos=1)`,
          '                print("sent; aiomqtt does not tell whether it was allowed", flush=True)',
        ]),
    ...(subscribe === undefined
      ? ["                return"]
      : [
          "                async for message in client.messages:",
          '                    print(message.topic, message.payload.decode(errors="replace"), flush=True)',
        ]),
    "        except aiomqtt.MqttError as error:",
    "            reason = error.__cause__ or error",
    "            if is_final(error, reason):",
    "                sys.exit(f\"{BROKER['url']}: {reason}\")",
    '            print(f"{reason}; trying again in 5 seconds", file=sys.stderr, flush=True)',
    "            await asyncio.sleep(5)",
  ];
}

/**
 * A refusal, a certificate that does not hold, and another client with the same id would all come again.
 *
 * A lost connection and a broker that shuts down have codes like a refusal's.
 */
function finality(tls: boolean): readonly string[] {
  return [
    "def is_final(error, reason):",
    '    """Refused, taken over by another client with this client id, or not to be trusted."""',
    ...(tls
      ? ["    if isinstance(error.__context__, ssl.SSLCertVerificationError):", "        return True"]
      : []),
    '    code = getattr(getattr(reason, "rc", None), "value", None)',
    "    refused = isinstance(error, aiomqtt.exceptions.MqttConnectError) and code not in TEMPORARY",
    "    return refused or code == TAKEN_OVER",
  ];
}
