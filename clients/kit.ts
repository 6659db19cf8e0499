import { renderAiomqtt } from "./aiomqtt.ts";
import type { Connection } from "./connection.ts";
import { renderConnectionFile } from "./connection-file.ts";
import { renderDjango, renderEnvironment } from "./environment.ts";
import type { KitKind } from "./kit-kind.ts";
import { renderMarker } from "./kit-marker.ts";
import { renderMosquitto } from "./mosquitto.ts";
import { renderMqttJs } from "./mqttjs.ts";
import { renderPaho } from "./paho.ts";
import { authorityFile, certificateFile, keyFile } from "./trust.ts";

/** A file of a kit. Each may hold a secret, so each is for its owner's eyes alone. */
export interface KitFile {
  readonly name: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  readonly content: string;
}

/** All that one client needs to know of a broker, as files, and how to use them. */
export interface Kit {
  readonly files: readonly KitFile[];
  /** Commands for a POSIX shell, without any secret, each with what it does. */
  readonly steps: readonly (readonly [command: string, purpose: string])[];
  /** The folder that the steps are for, as an absolute path. @default the kit's own */
  readonly stepsFolder?: string;
}

/** Every name that a kit's file can have, whatever its kind, beside its marker. */
export const kitFileNames: ReadonlySet<string> = new Set([
  ...[".gitignore", authorityFile, certificateFile, keyFile],
  ...["connection.json", "mqtt.env", "client.py", "requirements.txt", "client.mjs", "package.json"],
  ...["mosquitto_sub", "mosquitto_pub", "subscribe.sh", "publish.sh"],
]);

/** Renders a kit, whose folder is given by an absolute path. */
export function renderKit(kind: KitKind, connection: Connection, folder: string): Kit {
  const { files, ...usage } = renderers[kind](connection, folder);
  const all = [...files, ...trust(connection), ignored];
  return { files: [...all, renderMarker(all)], ...usage };
}

const renderers: Readonly<Record<KitKind, (connection: Connection, folder: string) => Kit>> = Object.freeze({
  env: renderEnvironment,
  django: renderDjango,
  aiomqtt: renderAiomqtt,
  paho: renderPaho,
  mqttjs: renderMqttJs,
  mosquitto: renderMosquitto,
  json: (connection) => ({ files: [renderConnectionFile(connection)], steps: [] }),
});

/** So that no repository takes the secrets in, wherever the folder is. */
const ignored: KitFile = Object.freeze({
  name: ".gitignore",
  purpose: "keeps the kit out of Git",
  content: "*\n",
});

function trust({ authority, clientCertificate }: Connection): readonly KitFile[] {
  const own = clientCertificate && [
    { name: certificateFile, purpose: "the client's certificate", content: clientCertificate.certificate },
    { name: keyFile, purpose: "its key", content: clientCertificate.key },
  ];
  return [{ name: authorityFile, purpose: "the CA to trust", content: authority }, ...(own ?? [])];
}
