import type { Connection } from "./connection.ts";
import { logIn, renderConnectionFile } from "./connection-file.ts";
import type { Kit } from "./kit.ts";
import { greeting, lines, literal, SESSION_SECONDS, summary } from "./python.ts";

/** The version of MQTT.js that the snippet is written for and tested with. */
export const mqttJsVersion = "5.16.0";

/**
 * Renders a snippet for MQTT.js 5 in Node.js.
 *
 * A browser takes the CA from its own store, and gives a page no way to bring one along.
 */
export function renderMqttJs(connection: Connection): Kit {
  const manifest = { private: true, type: "module", dependencies: { mqtt: mqttJsVersion } };
  return {
    files: [
      { name: "client.mjs", purpose: "the snippet", content: snippet(connection) },
      renderConnectionFile(connection),
      // Without one of its own, npm would put the package into a project that the folder is in.
      {
        name: "package.json",
        purpose: "what it needs",
        content: `${JSON.stringify(manifest, undefined, 2)}\n`,
      },
    ],
    steps: [
      ["npm install", "once"],
      ["node client.mjs", "runs it"],
    ],
  };
}

function snippet(connection: Connection): string {
  const { tls, clientCertificate, subscribe } = connection;
  return lines(
    `// ${summary(connection)}`,
    tls && "// In a page leave out `ca`: a browser trusts what its own store has, so the CA goes there.",
    'import { readFileSync } from "node:fs";',
    'import mqtt from "mqtt";',
    "",
    'const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");',
    'const broker = JSON.parse(read("connection.json"));',
    "const TEMPORARY = [0x88, 0x89, 0x97, 0x9f]; // MQTT 5's codes for what passes by itself",
    tls && "const UNTRUSTED = /CERT|SIGNATURE|_CA$/; // in OpenSSL's words for what a certificate lacks",
    "",
    "const client = mqtt.connect(broker.url, {",
    ...(logIn(connection).username === undefined
      ? []
      : ["  username: broker.username,", "  password: broker.password,"]),
    "  clientId: broker.clientId,",
    "  keepalive: broker.keepalive,",
    tls && "  ca: read(broker.caFile),",
    ...(tls && clientCertificate !== undefined
      ? ["  cert: read(broker.certificateFile),", "  key: read(broker.keyFile),"]
      : []),
    "  protocolVersion: 5,",
    "  clean: false,",
    `  properties: { sessionExpiryInterval: ${SESSION_SECONDS} }, // the broker keeps messages for so many seconds`,
    "  reconnectOnConnackError: true, // or a temporary refusal would be the end as well",
    "});",
    "",
    ...onConnect(connection),
    ...(subscribe === undefined
      ? []
      : ['client.on("message", (topic, payload) => console.log(topic, payload.toString()));']),
    ...endings(tls),
  );
}

function onConnect(connection: Connection): readonly string[] {
  const { subscribe, publish } = connection;
  const greeted = greeting(connection);
  return [
    'client.on("connect", () => {',
    ...(subscribe === undefined ? [] : [`  client.subscribe(${literal(subscribe)}, { qos: 1 });`]),
    ...(greeted === undefined ? [] : [`  console.log(${literal(greeted)});`]),
    ...(publish === undefined
      ? []
      : [
          `  client.publish(${literal(publish)}, "hello from MQTT.js", { qos: 1 }, (error) => {`,
          '    if (error) console.error("not published:", error.message);',
          '    else console.log("published");',
          ...(subscribe === undefined ? ["    client.end();"] : []),
          "  });",
        ]),
    "});",
  ];
}

/** A refusal, a certificate that does not hold, and another client with the same id would all come again. */
function endings(tls: boolean): readonly string[] {
  return [
    'client.on("disconnect", ({ reasonCode }) => {',
    "  // 0x8e: another client with this client id.",
    '  if (reasonCode === 0x8e) stop("disconnected: session taken over");',
    "});",
    'client.on("error", (error) => {',
    "  const refused = error.code >= 0x80 && !TEMPORARY.includes(error.code);",
    `  if (${tls ? "refused || UNTRUSTED.test(error.code)" : "refused"}) stop(broker.url, error.message);`,
    '  else console.error("trying again:", error.message || error.code);',
    "});",
    'client.on("close", () => client.disconnecting || console.error("disconnected; trying again"));',
    "",
    "function stop(...reason) {",
    "  console.error(...reason);",
    "  process.exitCode = 1;",
    "  client.end(true);",
    "}",
  ];
}
